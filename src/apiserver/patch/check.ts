import { isRecord, StatusError } from '../../base/index.ts';
import type { ListShape, Manifest, Shape } from '../../model/index.ts';
import { ANY } from './fields.ts';
import { isLeaf } from './owned.ts';
import { formatStep, freeStep, itemStep, type Step } from './step.ts';

/** Refuses a configuration whose lists name an item twice or not at all: apply could not say what it owns. */
export function checkConfiguration(applied: Manifest, shape: Shape): void {
  const problems: string[] = [];
  judge(applied, shape, [], problems);
  if (problems.length > 0) throw untypable(applied, problems);
}

/** Apply takes no field that the schema does not have, however lenient its client is: nobody could own it. */
export function undeclaredFields(applied: Manifest, shape: Shape, paths: readonly string[]): StatusError {
  const problems = paths.map((path) => `${format(stepsTo(path, applied, shape))}: field not declared in schema`);
  return untypable(applied, problems);
}

function untypable({ apiVersion, kind, metadata }: Manifest, problems: readonly string[]): StatusError {
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const object = `${metadata.namespace ?? ''}/${metadata.name}; ${version}, Kind=${kind}`;
  const what = problems.length === 1 ? problems[0]! : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  return new StatusError('BadRequest', `failed to create typed patch object (${object}): ${what}`);
}

/** The steps of a path like `spec.items[0].x`, with items named as their list names them. */
function stepsTo(path: string, value: unknown, shape: Shape | undefined): Step[] {
  const [, bracketed, plain, rest] = /^(?:\[([^\]]*)\]|\.?([^.[\]]+))(.*)$/.exec(path) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined) return [];
  const inner = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  if (Array.isArray(value)) {
    const list = shape?.type === 'list' ? shape : undefined;
    const step = list && list.list !== 'atomic' ? itemStep(inner, list) : undefined;
    return [step ?? `i:${name}`, ...stepsTo(rest!, inner, list?.of)];
  }
  const below = shape?.type === 'struct' ? shape.field(name) : shape?.type === 'map' ? shape.of : undefined;
  return [freeStep(name), ...stepsTo(rest!, inner, below)];
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
