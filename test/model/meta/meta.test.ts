import { describe, expect, test } from 'vitest';
import {
  dns1123Label,
  dns1123Subdomain,
  formatAge,
  formatMicroTime,
  formatPath,
  formatSelector,
  formatTime,
  getPath,
  matches,
  milliUnits,
  parseNanos,
  parseSelector,
  qualifiedName,
  resolveCount,
  selectorFrom,
  wholeUnits,
  withPath,
} from '../../../src/model/index.ts';

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', n: '5' };
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier=front', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['app', true],
    ['!app', false],
    ['! missing', true],
    ['n>4', true],
    ['n<5', false],
    ['app in (web),tier in (back,front),!gone', true],
    ['missing in (,x)', false],
    ['app in ()', false],
    ['app notin ()', true],
    ['missing notin (,x)', true],
    ['app=,tier', false],
    ['', true],
  ])('%j matches: %s', (text, expected) => {
    expect(matches(parseSelector(text), labels)).toBe(expected);
  });

  test.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['a,', "found '', expected: identifier after ','"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['in (a)', "unable to parse requirement: found '(', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a>b', `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`],
    ['-a', 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of'],
    ['a=-b', 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseSelector(text)).toThrow(message);
  });

  test('an absent LabelSelector selects nothing, an empty one everything', () => {
    expect(selectorFrom(undefined)).toBeUndefined();
    expect(matches(selectorFrom({})!, labels)).toBe(true);
  });

  test('is printed as kubectl prints it', () => {
    const selector = selectorFrom({
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }, { key: 'gone', operator: 'DoesNotExist' }],
    }); // prettier-ignore
    expect(formatSelector(selector!)).toBe('app=web,!gone,tier in (a,b)');
  });
});

describe('quantities', () => {
  test.each([
    ['1', 1_000_000_000n],
    ['100m', 100_000_000n],
    ['1.5', 1_500_000_000n],
    ['1Ki', 1_024_000_000_000n],
    ['.5Gi', 536_870_912_000_000_000n],
    ['1e3', 1_000_000_000_000n],
    ['1E', 1_000_000_000_000_000_000_000_000_000n],
    ['-2', -2_000_000_000n],
    ['0.1n', 1n],
  ])('%s is %s billionths', (text, nanos) => {
    expect(parseNanos(text)).toBe(nanos);
  });

  test.each(['', 'lots', '1 Gi', '1kk', '1.2.3', '--1', '1e999999'])('%j is none', (text) => {
    expect(parseNanos(text)).toBeUndefined();
  });

  test('are rounded up where they are counted', () => {
    expect(milliUnits('1.0001')).toBe(1001);
    expect(wholeUnits('1.5Ki')).toBe(1536);
    expect(wholeUnits('100m')).toBe(1);
    expect(wholeUnits(undefined)).toBe(0);
  });
});

test.each([
  [3, 10, 'up', 3],
  ['25%', 3, 'up', 1],
  ['25%', 3, 'down', 0],
  ['50%', 10, 'down', 5],
  [undefined, 10, 'up', 0],
] as const)('%s of %i rounded %s is %i', (value, total, rounding, count) => {
  expect(resolveCount(value, total, rounding)).toBe(count);
});

test.each([
  [0, '0s'],
  [59, '59s'],
  [119, '119s'],
  [120, '2m'],
  [250, '4m10s'],
  [25 * 60, '25m'],
  [185 * 60, '3h5m'],
  [30 * 3600, '30h'],
  [51 * 3600, '2d3h'],
  [30 * 86_400, '30d'],
  [740 * 86_400, '2y10d'],
  [9 * 365 * 86_400, '9y'],
])('an age of %i s is printed as %s', (seconds, text) => {
  expect(formatAge(seconds * 1000)).toBe(text);
});

test('times have no fraction, micro times six digits', () => {
  const at = Date.parse('2026-11-21T03:04:05.678Z');
  expect(formatTime(at)).toBe('2026-11-21T03:04:05Z');
  expect(formatMicroTime(at)).toBe('2026-11-21T03:04:05.678000Z');
  const minuteLater = at + 64_000;
  expect([minuteLater, at, minuteLater].map(formatTime)).toEqual(['2026-11-21T03:05:09Z', '2026-11-21T03:04:05Z', '2026-11-21T03:05:09Z']);
});

describe('field paths', () => {
  const object = { spec: { containers: [{ image: 'a' }, { image: 'b' }] }, metadata: { labels: { 'x.io/y': '1' } } };
  test('are printed as Kubernetes prints them', () => {
    expect(formatPath(['spec', 'containers', 1, 'image'])).toBe('spec.containers[1].image');
    expect(formatPath(['metadata', 'labels', 'x.io/y'])).toBe('metadata.labels[x.io/y]');
  });

  test('setting a field shares all that is beside it, and leaves the original alone', () => {
    const changed = withPath(object, ['spec', 'containers', 1, 'image'], 'c');
    expect(getPath(changed, ['spec', 'containers', 1, 'image'])).toBe('c');
    expect(getPath(object, ['spec', 'containers', 1, 'image'])).toBe('b');
    expect(changed.metadata).toBe(object.metadata);
    expect(withPath(object, ['metadata', 'labels', 'x.io/y'], undefined).metadata.labels).toEqual({});
    expect(withPath({}, ['a', 'b'], 1)).toEqual({ a: { b: 1 } });
  });
});

describe('names', () => {
  test.each(['a', 'web-1', '0x'])('%s is a DNS label', (name) => expect(dns1123Label(name)).toEqual([]));
  test.each(['', 'A', '-a', 'a-', 'a.b', 'a_b'])('%j is no DNS label', (name) => expect(dns1123Label(name)).toHaveLength(1));
  test('a name may be too long and wrong at once', () => expect(dns1123Label(`${'a'.repeat(64)}-`)).toHaveLength(2));
  test.each(['a.b', 'web-1.example.com'])('%s is a DNS subdomain', (name) => expect(dns1123Subdomain(name)).toEqual([]));
  test.each(['app', 'kubernetes.io/name', 'A_b.c'])('%s is a label key', (name) => expect(qualifiedName(name)).toEqual([]));
  test.each(['', 'a/b/c', '/x', 'x/', 'UP.case/x', '-a'])('%j is no label key', (name) => expect(qualifiedName(name)).not.toEqual([]));
});
