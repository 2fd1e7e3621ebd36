import type { ContentProblem } from '../problem.ts';

/** What a file holds, or why it cannot be taken. */
export type FileContent = { readonly text: string } | { readonly problem: ContentProblem };

/** Larger than any bundle of manifests seen in the wild, and still parsed in seconds. */
export const LARGEST_FILE = 10 * 1024 * 1024;

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

export function decodeFile(bytes: Uint8Array): FileContent {
  if (bytes.byteLength > LARGEST_FILE) return contentTooLarge(bytes.byteLength);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused('NotText', 'the file is not UTF-8 text');
  }
  if (text.startsWith(LFS_POINTER)) {
    return refused('LfsPointer', 'the file is a Git LFS pointer, not a manifest: commit the manifest itself ("git lfs untrack")');
  }
  return { text };
}

export function contentTooLarge(bytes: number): FileContent {
  const size = (bytes / 1024 / 1024).toFixed(1);
  return refused('LargeFile', `the file has ${size} MiB, more than the ${LARGEST_FILE / 1024 / 1024} MiB that are read: split it`);
}

function refused(code: ContentProblem['code'], message: string): FileContent {
  return { problem: { line: 1, column: 1, code, message } };
}
