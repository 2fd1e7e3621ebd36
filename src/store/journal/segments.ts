import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SEGMENT = /^journal-(\d{6,})\.jsonl$/;

export function segmentName(segment: number): string {
  return `journal-${String(segment).padStart(6, '0')}.jsonl`;
}

export function segmentPath(directory: string, segment: number): string {
  return join(directory, segmentName(segment));
}

/** The numbers of the segments that are there, in their order. */
export async function listSegments(directory: string): Promise<number[]> {
  const found = (await readdir(directory)).map((name) => SEGMENT.exec(name)?.[1]);
  return found
    .filter((digits) => digits !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b);
}
