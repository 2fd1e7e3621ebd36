import type { Library } from '../functions.ts';

/** The same functions for each of these types, which stand in place of `T`. */
export function each(types: readonly string[], library: Library): Library {
  return Object.fromEntries(
    types.flatMap((type) => Object.entries(library).map(([signature, body]) => [signature.replaceAll(/\bT\b/g, type), body] as const)),
  );
}

export const ORDERED = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'duration', 'timestamp'];
