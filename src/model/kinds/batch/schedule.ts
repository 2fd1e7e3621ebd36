import { parseDuration } from '../../meta/index.ts';

/** What a field of a schedule may hold. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: ['', ...MONTHS] },
  { least: 0, most: 6, names: DAYS },
];

const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** A schedule that says its own time zone. */
export const ZONE_PREFIX = /^(?:CRON_)?TZ=(\S+)\s*/;

/** Why a schedule is none, in the words of the parser that Kubernetes uses; undefined when it is one. */
export function scheduleProblem(schedule: string): string | undefined {
  const zone = ZONE_PREFIX.exec(schedule)?.[1];
  if (zone !== undefined && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  const text = schedule.replace(ZONE_PREFIX, '');
  if (text.trim() === '') return 'empty spec string';
  if (text.startsWith('@')) return descriptorProblem(text);
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, field] of fields.entries()) {
    const problem = fieldProblem(field, FIELDS[i]!);
    if (problem) return problem;
  }
  return undefined;
}

export function isTimeZone(name: string): boolean {
  try {
    // The names that JavaScript takes and Go does not are offsets.
    if (/^[+-]/.test(name)) return false;
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function descriptorProblem(text: string): string | undefined {
  if (DESCRIPTORS.includes(text)) return undefined;
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
  const read = parseDuration(text.slice('@every '.length));
  return read.ok ? undefined : `failed to parse duration ${text}: ${read.error}`;
}

function fieldProblem(field: string, bounds: Bounds): string | undefined {
  for (const expression of field.split(',').filter((part) => part !== '')) {
    const problem = rangeProblem(expression, bounds);
    if (problem) return problem;
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with a step `/2`. */
function rangeProblem(expression: string, bounds: Bounds): string | undefined {
  const [range = '', ...steps] = expression.split('/');
  const ends = range.split('-');
  if (steps.length > 1) return `too many slashes: ${expression}`;
  const isAll = ends[0] === '*' || ends[0] === '?';
  if (ends.length > 2) return `too many hyphens: ${expression}`;
  const values = isAll ? [bounds.least, bounds.most] : ends.map((end) => numberOf(end, bounds));
  const step = steps[0] === undefined ? 1 : numberOf(steps[0], { least: 0, most: 0 });
  const unread = [...values, step].find((value) => typeof value === 'string');
  if (typeof unread === 'string') return unread;
  const [first, last = first] = values as [number, number?];
  const end = !isAll && ends.length === 1 && steps.length === 1 ? bounds.most : last;
  if (first < bounds.least) return `beginning of range (${first}) below minimum (${bounds.least}): ${expression}`;
  if (end > bounds.most) return `end of range (${end}) above maximum (${bounds.most}): ${expression}`;
  if (first > end) return `beginning of range (${first}) beyond end of range (${end}): ${expression}`;
  return step === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

/** The number that a text is or names, or why it is none. */
function numberOf(text: string, { names }: Bounds): number | string {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0 && text !== '') return named;
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`;
  if (!/^\+?\d+$/.test(text)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return Number(text);
}
