import type { Library } from '../functions.ts';

/** For patches that are made by expressions. */
export const JSON_PATCH: Library = {
  'jsonpatch.escapeKey(string): string': (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
};
