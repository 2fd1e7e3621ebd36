import { isRecord, StatusError } from '../../base/index.ts';
import type { ListShape, Manifest, Shape } from '../../model/index.ts';
import { ANY, isLeaf } from './owned.ts';
import { formatStep, freeStep, itemStep, type Step } from './step.ts';

/** Refuses a configuration whose lists name an item twice or not at all: apply could not say what it owns. */
export function checkConfiguration(applied: Manifest, shape: Shape): void {
  const problems = [...problemsBelow(applied, shape, '')];
  if (problems.length === 0) return;
  const { apiVersion, kind, metadata } = applied;
  const object = `${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}; ${apiVersion}, Kind=${kind}`;
  const what = problems.length === 1 ? problems[0]! : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  throw new StatusError('BadRequest', `failed to create typed patch object (${object}): ${what}`);
}

function* problemsBelow(value: unknown, shape: Shape, path: string): Generator<string> {
  if (shape.type === 'scalar' || shape.type === 'any' || isLeaf(value, shape)) return;
  if (shape.type === 'list') return yield* problemsOfItems(value as readonly unknown[], shape, path);
  for (const [name, inner] of Object.entries(value as object)) {
    const below = shape.type === 'map' ? shape.of : (shape.field(name) ?? ANY);
    if (typeof inner === 'object') yield* problemsBelow(inner, below, path + formatStep(freeStep(name)));
  }
}

function* problemsOfItems(items: readonly unknown[], list: ListShape, path: string): Generator<string> {
  const seen = new Set<Step>();
  for (const [i, item] of items.entries()) {
    const step = itemStep(item, list);
    if (step === undefined) {
      yield `${path}: element ${i}: ${whyNameless(item, list)}`;
    } else if (seen.has(step)) {
      yield `${path}: duplicate entries for key ${formatStep(step)}`;
    } else {
      seen.add(step);
      yield* problemsBelow(item, list.of, path + formatStep(step));
    }
  }
}

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
