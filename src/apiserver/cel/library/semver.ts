import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { Opaque } from '../values.ts';

const NUMBER = '(0|[1-9]\\d*)';
const PART = '[0-9A-Za-z-]+';
const SEMVER = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+${PART}(?:\\.${PART})*)?$`);

export class Semver extends Opaque {
  readonly type = 'kubernetes.Semver';
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  equals(other: Semver): boolean {
    return order(this, other) === 0n;
  }
}

/** `v1.02` is `1.2.0`, to who asks for it. */
function normalize(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/s.exec(text)!;
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

function parse(text: string, isLoose = false): Semver | undefined {
  const [, major, minor, patch, prerelease] = SEMVER.exec(isLoose ? normalize(text) : text) ?? [];
  if (major === undefined) return undefined;
  const parts = prerelease?.split('.') ?? [];
  if (parts.some((part) => /^0\d+$/.test(part))) return undefined;
  return new Semver([major, minor!, patch!].map(BigInt), parts);
}

function read(text: string, isLoose?: boolean): Semver {
  const version = parse(text, isLoose);
  if (!version) throw new CelError(`invalid semver: ${JSON.stringify(text)}`);
  return version;
}

function order(a: Semver, b: Semver): bigint {
  for (const [i, number] of a.numbers.entries()) if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1n : 1n;
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return BigInt(b.prerelease.length === 0 ? 0 : 1) - BigInt(a.prerelease.length === 0 ? 0 : 1);
  for (const [i, part] of a.prerelease.entries()) {
    const other = b.prerelease[i];
    if (other === undefined) return 1n;
    if (part !== other) return orderParts(part, other);
  }
  return a.prerelease.length < b.prerelease.length ? -1n : 0n;
}

/** Numbers come before words. */
function orderParts(a: string, b: string): bigint {
  const [x, y] = [a, b].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined));
  if (x !== undefined && y !== undefined) return x < y ? -1n : 1n;
  if (x !== undefined || y !== undefined) return x !== undefined ? -1n : 1n;
  return a < b ? -1n : 1n;
}

const isSemver = (text: string, isLoose?: boolean) => parse(text, isLoose) !== undefined;

export const VERSIONS: Library = {
  'semver(string): kubernetes.Semver': read,
  'semver(string, bool): kubernetes.Semver': read,
  'isSemver(string): bool': isSemver,
  'isSemver(string, bool): bool': isSemver,
  '.major(kubernetes.Semver): int': ({ numbers }: Semver) => numbers[0]!,
  '.minor(kubernetes.Semver): int': ({ numbers }: Semver) => numbers[1]!,
  '.patch(kubernetes.Semver): int': ({ numbers }: Semver) => numbers[2]!,
  '.compareTo(kubernetes.Semver, kubernetes.Semver): int': order,
  '.isGreaterThan(kubernetes.Semver, kubernetes.Semver): bool': (a: Semver, b: Semver) => order(a, b) > 0n,
  '.isLessThan(kubernetes.Semver, kubernetes.Semver): bool': (a: Semver, b: Semver) => order(a, b) < 0n,
};
