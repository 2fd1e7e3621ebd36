import { isRecord, StatusError } from '../../base/index.ts';
import type { ListShape, Manifest, Shape } from '../../model/index.ts';
import { ANY } from './fields.ts';
import { isLeaf } from './owned.ts';
import { formatStep, freeStep, itemStep, type Step } from './step.ts';

/** Refuses a configuration whose lists name an item twice or not at all: apply could not say what it owns. */
export function checkConfiguration(applied: Manifest, shape: Shape): void {
  const problems: string[] = [];
  judge(applied, shape, [], problems);
  if (problems.length === 0) return;
  const { apiVersion, kind, metadata } = applied;
  const object = `${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}; ${apiVersion}, Kind=${kind}`;
  const what = problems.length === 1 ? problems[0]! : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  throw new StatusError('BadRequest', `failed to create typed patch object (${object}): ${what}`);
}

/** Adds what is wrong below `path` to `found`. */
function judge(value: unknown, shape: Shape, path: Step[], found: string[]): void {
  if (shape.type === 'scalar' || shape.type === 'any' || isLeaf(value, shape)) return;
  if (shape.type === 'list') return judgeItems(value as readonly unknown[], shape, path, found);
  if (shape.type === 'map' && shape.of.type === 'scalar') return;
  for (const name in value as object) {
    const inner = (value as Record<string, unknown>)[name];
    if (typeof inner !== 'object') continue;
    path.push(freeStep(name));
    judge(inner, shape.type === 'map' ? shape.of : (shape.field(name) ?? ANY), path, found);
    path.pop();
  }
}

function judgeItems(items: readonly unknown[], list: ListShape, path: Step[], found: string[]): void {
  const seen = new Set<Step>();
  for (const [i, item] of items.entries()) {
    const step = itemStep(item, list);
    if (step === undefined) {
      found.push(`${format(path)}: element ${i}: ${whyNameless(item, list)}`);
    } else if (seen.has(step)) {
      found.push(`${format(path)}: duplicate entries for key ${formatStep(step)}`);
    } else {
      seen.add(step);
      path.push(step);
      judge(item, list.of, path, found);
      path.pop();
    }
  }
}

const format = (path: readonly Step[]): string => path.map(formatStep).join('');

function whyNameless(item: unknown, list: ListShape): string {
  if (list.list === 'set') {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    return Array.isArray(item)
      ? 'not supported: associative list with lists as elements'
      : "associative list without keys has an element that's a map type";
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isRecord(item)) return 'associative list with keys may not have non-map elements';
  return `associative list with keys has an element that omits key field ${JSON.stringify(list.keys[0])} (and doesn't have default value)`;
}
