import { crc32 } from 'node:zlib';
import type { StoredEntry } from '../entry.ts';
import type { StoredChange } from '../history.ts';
import type { Cause, Key, LogEntry, Revision } from '../store.ts';

/**
 * The journal is JSON Lines, for `less`, `grep` and `jq` as much as for us. A line is an object that ends with the
 * CRC-32 of what stands before `,"crc"`. Lines are grouped into batches; a batch ends with an `end` line, whose hash is
 * the SHA-512 of all lines since the `end` before it, that one included, or since the start of the segment: a chain,
 * which `sha512sum` can follow. A segment begins with a `segment` line that carries the chain over from the last one.
 */
export const FORMAT = 2;

/** What the segments of each format are hashed with. SHA-512 takes half the time of SHA-256 where a processor has no instruction for either. */
export const HASHES: Readonly<Record<number, string>> = { 1: 'sha256', [FORMAT]: 'sha512' };

export interface SegmentLine {
  readonly op: 'segment';
  readonly at: string;
  readonly format: number;
  readonly segment: number;
  /** The sequence number of this line: all lines count, except `end`. */
  readonly sequence: number;
  /** Where the last whole batch of the segment before ends: what lies beyond was taken back. */
  readonly previous?: { readonly segment: number; readonly bytes: number; readonly hash: string };
}

/** No revision up to this one is given out again after a restart. */
export interface ReserveLine {
  readonly op: 'reserve';
  readonly at: string;
  readonly upTo: Revision;
  /** Collections, `GROUP/PLURAL/`, with versions that a restart does not find. */
  readonly volatile?: readonly string[];
}

interface ChangeLine extends Cause {
  readonly at: string;
  readonly revision: Revision;
  readonly key: Key;
}

export interface PutLine extends ChangeLine {
  readonly op: 'put';
  readonly created: Revision;
  readonly expires?: string;
  /** AES-256-GCM of the value's text, instead of the value: base64 of nonce, ciphertext and tag. */
  readonly sealed?: string;
}

export interface DeleteLine extends ChangeLine {
  readonly op: 'delete';
}

export interface LogLine extends LogEntry {
  readonly op: 'log';
  readonly at: string;
}

export interface EndLine {
  readonly op: 'end';
  readonly at: string;
  /** Lines of this batch, without this one. */
  readonly records: number;
  readonly revision: Revision;
  readonly hash: string;
}

/** A line without its value, whose text is kept apart so that it is parsed only when somebody wants it. */
export type Line = SegmentLine | ReserveLine | PutLine | DeleteLine | LogLine | EndLine;

export type Seal = (entry: StoredEntry) => string | undefined;

const VALUE = ',"value":';
/** `,"crc":"xxxxxxxx"}` */
export const CHECKSUM_BYTES = 18;
/** Bytes of a UTF-16 unit in UTF-8, at most. */
export const LONGEST_UNIT = 3;

export function checksum(crc: number): string {
  return `,"crc":"${crc.toString(16).padStart(8, '0')}"}`;
}

/** A body is a line without its checksum. */
export function bodyOf(line: SegmentLine | ReserveLine | LogLine | EndLine): string {
  const { at, op, ...rest } = line;
  return JSON.stringify({ at, op, ...rest }).slice(0, -1);
}

export function lineOf(body: string): string {
  return `${body}${checksum(crc32(body))}\n`;
}

/** The part of a change's line that says who and why. */
export function causeText({ by, user, verb, because }: Cause): string {
  return `,${JSON.stringify({ by, user, verb, because }).slice(1, -1)}`;
}

/** A body in two parts, so that its long text is not copied to join them. */
export interface LineBody {
  readonly head: string;
  readonly text: string;
}

export function bodyOfChange(change: StoredChange, at: string, cause: string, seal: Seal): LineBody {
  const { after } = change;
  const head = `{"at":"${at}","op":"${after ? 'put' : 'delete'}","revision":${change.revision},"key":${JSON.stringify(change.key)}`;
  if (!after) return { head: head + cause, text: '' };
  const expires = after.expiresAt === undefined ? '' : `,"expires":"${new Date(after.expiresAt).toISOString()}"`;
  const sealed = seal(after);
  const rest = `${head},"created":${after.created}${cause}${expires}`;
  return sealed === undefined ? { head: rest + VALUE, text: after.text } : { head: rest, text: `,"sealed":"${sealed}"` };
}

/** Whether the bytes of a line, without its newline, are as they were written. */
export function isIntact(bytes: Buffer, start: number, end: number): boolean {
  const body = end - CHECKSUM_BYTES;
  return body > start && bytes.toString('latin1', body, end) === checksum(crc32(bytes.subarray(start, body)));
}

/** `{"at":"2026-01-01T00:00:00.000Z","op":"` */
const BEFORE_OP = 39;

/** Reads an intact line. */
export function parseLine(bytes: Buffer, start: number, end: number): { line: Line; value: string | undefined } {
  const body = end - CHECKSUM_BYTES;
  const isPut = bytes.toString('latin1', start + BEFORE_OP, start + BEFORE_OP + 4) === 'put"';
  // Before the value of a put stand only strings and numbers, and inside a string no quote is bare: the first hit is the member.
  const found = isPut ? bytes.subarray(start, body).indexOf(VALUE, 0, 'latin1') : -1;
  const head = bytes.toString('utf8', start, found < 0 ? body : start + found);
  return {
    line: JSON.parse(`${head}}`) as Line,
    value: found < 0 ? undefined : bytes.toString('utf8', start + found + VALUE.length, body),
  };
}
