import type { FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';

const LARGEST_MODE = 0o777;

/** A path of a file that never goes back up. */
export function validateForward(path: string, at: FieldPath): FieldProblem[] {
  return path.split('/').includes('..') ? [invalid(at, path, "must not contain '..'")] : [];
}

/** A path below some directory. */
export function validateBelow(path: string, at: FieldPath): FieldProblem[] {
  return [...(path.startsWith('/') ? [invalid(at, path, 'must be a relative path')] : []), ...validateForward(path, at)];
}

/** A path below the directory of a volume, where what begins with two dots is the volume's own. */
export function validateInVolume(path: string, at: FieldPath): FieldProblem[] {
  const isOwn = path.startsWith('..') && !path.startsWith('../');
  return [...validateBelow(path, at), ...(isOwn ? [invalid(at, path, "must not start with '..'")] : [])];
}

export function validateMode(mode: number | undefined, at: FieldPath): FieldProblem[] {
  if (mode === undefined || (mode >= 0 && mode <= LARGEST_MODE)) return [];
  return [invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}
