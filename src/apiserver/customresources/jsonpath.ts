import { equalJson, isRecord } from '../../base/index.ts';

/** Goes from some values to those that one step of a path leads to. */
type Step = (values: readonly unknown[]) => readonly unknown[];

type JsonPath = (value: unknown) => readonly unknown[];

const TOKEN =
  /\.\.(?<deep>(?:\\.|[^.[\\])+)|\.?\*|\.(?<field>(?:\\.|[^.[\\])+)|\[(?:(?<all>\*)|(?<index>-?\d+)|(?<from>-?\d*):(?<to>-?\d*)|(?<quote>['"])(?<key>.*?)\k<quote>|\?\((?<filter>.*?)\))\]/y;

/**
 * The part of kubectl's JSONPath that columns and selectable fields use: fields, `['quoted']`, places, slices, `*`, `..field`
 * and filters such as `[?(@.type=="Ready")]`. Undefined for anything else.
 */
export function readJsonPath(text: string): JsonPath | undefined {
  const path = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  const steps: Step[] = [];
  if (path === '.' || path === '') return (value) => [value];
  // Each path reads with its own place: a filter has a path inside it.
  const token = new RegExp(TOKEN);
  while (token.lastIndex < path.length) {
    const found = token.exec(path);
    const step = found && stepOf(found[0], found.groups!);
    if (!step) return undefined;
    steps.push(step);
  }
  return (value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value]);
}

function stepOf(token: string, groups: Readonly<Record<string, string | undefined>>): Step | undefined {
  const { deep, field, all, index, from, to, key, filter } = groups;
  if (deep !== undefined) return eachBelow(unescape(deep));
  if (field !== undefined) return eachField(unescape(field));
  if (key !== undefined) return eachField(unescape(key));
  if (all !== undefined || token.endsWith('*')) return (values) => values.flatMap(membersOf);
  if (index !== undefined) return (values) => values.flatMap((value) => (Array.isArray(value) ? present(value.at(Number(index))) : []));
  if (from !== undefined) return (values) => values.flatMap((value) => (Array.isArray(value) ? sliceOf(value, from, to ?? '') : []));
  return filter === undefined ? undefined : readFilter(filter);
}

const unescape = (text: string) => text.replace(/\\(.)/g, '$1');
const present = (value: unknown): readonly unknown[] => (value === undefined ? [] : [value]);
const membersOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []);
const sliceOf = (items: readonly unknown[], from: string, to: string) => items.slice(Number(from || 0), to === '' ? undefined : Number(to));
const memberOf = (value: unknown, name: string) => (isRecord(value) && Object.hasOwn(value, name) ? present(value[name]) : []);
const eachField =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => memberOf(value, name));

function eachBelow(name: string): Step {
  const find = (value: unknown): readonly unknown[] => [...memberOf(value, name), ...membersOf(value).flatMap(find)];
  return (values) => values.flatMap(find);
}

const COMPARISON = /^\s*@(?<path>.*?)\s*(?:(?<operator>==|!=|>=|<=|>|<)\s*(?<operand>.+?))?\s*$/;

function readFilter(text: string): Step | undefined {
  const { path = '', operator, operand } = COMPARISON.exec(text)?.groups ?? {};
  const read = readJsonPath(path);
  const wanted = operand === undefined ? undefined : readLiteral(operand);
  if (!read || !text.trim().startsWith('@') || (operand !== undefined && wanted === undefined)) return undefined;
  const fits = (item: unknown) => read(item).some((value) => operator === undefined || compare(value, operator, wanted));
  return (values) => values.flatMap((value) => membersOf(value).filter(fits));
}

function readLiteral(text: string): unknown {
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(text);
  if (quoted) return unescape(quoted[1] ?? quoted[2]!);
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : undefined;
}

function compare(value: unknown, operator: string, wanted: unknown): boolean {
  if (operator === '==') return equalJson(value, wanted);
  if (operator === '!=') return !equalJson(value, wanted);
  if (typeof value !== typeof wanted || (typeof value !== 'number' && typeof value !== 'string')) return false;
  const [left, right] = [value, wanted as typeof value];
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}
