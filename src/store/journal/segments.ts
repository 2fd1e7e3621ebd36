import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SEGMENT = /^journal-(\d{6,})\.jsonl(?:\.gz)?$/;
const SNAPSHOT = /^snapshot-(\d{6,})\.jsonl$/;
/** What is being written; it gets its name when it is whole and on disk. */
const DRAFT = '.draft';

export function segmentName(segment: number): string {
  return `journal-${digits(segment)}.jsonl`;
}

export function segmentPath(directory: string, segment: number): string {
  return join(directory, segmentName(segment));
}

export function compressedPath(directory: string, segment: number): string {
  return `${segmentPath(directory, segment)}.gz`;
}

/** A snapshot is called after the segment from which the journal goes on. */
export function snapshotName(segment: number): string {
  return `snapshot-${digits(segment)}.jsonl`;
}

export function snapshotPath(directory: string, segment: number): string {
  return join(directory, snapshotName(segment));
}

export function draftOf(path: string): string {
  return path + DRAFT;
}

/** The numbers of the segments that are there, in their order. */
export async function listSegments(directory: string): Promise<number[]> {
  return numbersOf(await readdir(directory), SEGMENT);
}

export async function listSnapshots(directory: string): Promise<number[]> {
  return numbersOf(await readdir(directory), SNAPSHOT);
}

/** What a crash left unfinished. */
export async function listDrafts(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith(DRAFT)).map((name) => join(directory, name));
}

function digits(segment: number): string {
  return String(segment).padStart(6, '0');
}

function numbersOf(names: readonly string[], pattern: RegExp): number[] {
  const found = names.map((name) => pattern.exec(name)?.[1]).filter((digits) => digits !== undefined);
  return [...new Set(found.map(Number))].toSorted((a, b) => a - b);
}
