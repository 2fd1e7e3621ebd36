import { formatPath, type FieldStep } from '../meta/index.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** An object with the names that it has had so far, or a list with the place that is read. */
interface Level {
  readonly names?: Set<string>;
  step: FieldStep;
}

/** Fields that valid JSON text names more than once: `JSON.parse` keeps the last and is silent. */
export function duplicateFields(json: string): readonly string[] {
  const levels: Level[] = [];
  const found: string[] = [];
  let isName = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const level = levels.at(-1);
    switch (token) {
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
      case ',':
        isName = level?.names !== undefined;
        if (level && !level.names) level.step = Number(level.step) + 1;
        break;
      case ':':
        isName = false;
        break;
      default: {
        if (!isName || !level?.names) break;
        level.step = JSON.parse(token) as string;
        if (level.names.has(level.step)) found.push(formatPath(levels.map(({ step }) => step)));
        level.names.add(level.step);
      }
    }
  }
  return [...new Set(found)];
}
