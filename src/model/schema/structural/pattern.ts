import { ownMember } from '../../../base/index.ts';

/** Character classes that Go knows by name. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  xdigit: '0-9A-Fa-f',
  word: '0-9A-Za-z_',
};

/**
 * A pattern as Go reads it. Throws a SyntaxError where this is no pattern. Without the flag `u`, which would refuse
 * escapes that Go allows.
 */
export function goPattern(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const body = (flags ? pattern.slice(flags[0].length) : pattern)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => ownMember(CLASSES, name) ?? whole);
  return new RegExp(body, flags?.[1]);
}
