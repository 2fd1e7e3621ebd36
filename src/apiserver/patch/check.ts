import { isRecord, StatusError } from '../../base/index.ts';
import type { ListShape, Manifest, Shape } from '../../model/index.ts';
import { ANY } from './fields.ts';
import { isLeaf } from './owned.ts';
import { formatStep, freeStep, itemStep, type Step } from './step.ts';

/** Refuses a configuration whose lists name an item twice or not at all: apply could not say what it owns. */
export function checkConfiguration(applied: Manifest, shape: Shape): void {
  const problem = listProblems(applied, shape);
  if (problem) throw untypable(applied, problem);
}

/** Apply takes no field that the schema does not have, however lenient its client is: nobody could own it. */
export function undeclaredFields(applied: Manifest, shape: Shape, paths: readonly string[]): StatusError {
  return untypable(applied, undeclaredProblems(applied, shape, paths)!);
}

/** What is wrong with the lists of a configuration. */
export function listProblems(applied: unknown, shape: Shape): string | undefined {
  const problems: string[] = [];
  judge(applied, shape, [], problems);
  return together(problems);
}

export function undeclaredProblems(applied: unknown, shape: Shape, paths: readonly string[]): string | undefined {
  return together(paths.map((path) => `${format(stepsTo(path, applied, shape))}: field not declared in schema`));
}

/** Where a configuration names maps and lists that are replaced as a whole, with whatever it does not name. */
export function wholesIn(value: unknown, shape: Shape, path = ''): readonly string[] {
  if (Array.isArray(value) && shape.type === 'list') {
    const inner = value.flatMap((item, i) => wholesIn(item, shape.of, `${path}[${i}]`));
    return shape.list === 'atomic' ? [path, ...inner] : inner;
  }
  if (!isRecord(value) || (shape.type !== 'struct' && shape.type !== 'map')) return [];
  const inner = Object.entries(value).flatMap(([name, member]) => {
    const below = shape.type === 'map' ? shape.of : shape.field(name);
    return below ? wholesIn(member, below, `${path}.${name}`) : [];
  });
  return shape.atomic ? [path, ...inner] : inner;
}

function together(problems: readonly string[]): string | undefined {
  return problems.length > 1 ? ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n') : problems[0];
}

function untypable({ apiVersion, kind, metadata }: Manifest, what: string): StatusError {
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const object = `${metadata.namespace ?? ''}/${metadata.name}; ${version}, Kind=${kind}`;
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
