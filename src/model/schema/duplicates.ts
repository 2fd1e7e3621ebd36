import { formatPath, type FieldStep } from '../meta/index.ts';

/** An object with the names that it has had so far, or a list with the place that is read. */
interface Level {
  readonly names?: Set<string>;
  step: FieldStep;
}

/** A field where the text names it. */
export interface NamedField {
  readonly path: string;
  readonly name: string;
  readonly offset: number;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Where valid JSON text names a field again that its object has already (`JSON.parse` keeps the last and is silent), or one of
 * those that are looked for, in the order of the text.
 */
export function duplicateFields(json: string, sought = NONE): readonly NamedField[] {
  const levels: Level[] = [];
  const found: NamedField[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
        levels.push({ names: new Set(), step: '' });
        isName = true;
        break;
      case '[':
        levels.push({ step: 0 });
        isName = false;
        break;
      case '}':
      case ']':
        levels.pop();
        isName = false;
        break;
      case ',': {
        const level = levels.at(-1);
        isName = level?.names !== undefined;
        if (level && !isName) level.step = Number(level.step) + 1;
        break;
      }
      case '"': {
        const end = endOfText(json, at);
        const level = levels.at(-1);
        if (isName && level?.names) {
          level.step = readName(json.slice(at, end + 1));
          const isAgain = level.names.has(level.step);
          level.names.add(level.step);
          if (isAgain || sought.size > 0) {
            const path = formatPath(levels.map(({ step }) => step));
            if (isAgain || sought.has(path)) found.push({ path, name: level.step, offset: at });
          }
        }
        isName = false;
        at = end;
      }
    }
  }
  return found;
}

/** Where the text that begins at a quote ends: at the next one that no odd number of backslashes stands before. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}

const readName = (quoted: string) => (quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1));
