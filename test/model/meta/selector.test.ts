import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSelector, matches, parseSelector, printSelector, type Requirement } from '../../../src/model/index.ts';

const word = fc.stringMatching(/^[a-z]([-a-z0-9]{0,5}[a-z0-9])?$/);
const key = fc.oneof(
  word,
  fc.tuple(word, word).map(([prefix, name]) => `${prefix}.io/${name}`),
  fc.constantFrom('in', 'notin'),
);
const value = fc.oneof(word, fc.constant(''), fc.constantFrom('in', 'notin', 'A_b.c'));
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map((all) => all.toSorted());

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values }),
  fc.record({ key, operator: fc.constantFrom('Equals', 'NotEquals'), values: value.map((one) => [one]) }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: fc.constant([]) }),
  fc.record({ key, operator: fc.constantFrom('Gt', 'Lt'), values: fc.integer({ min: 0 }).map((one) => [String(one)]) }),
);
const selector = fc
  .uniqueArray(requirement, { maxLength: 4, selector: (one) => one.key })
  .map((all) => all.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
const labels = fc.dictionary(fc.oneof(word, fc.constantFrom('in', 'notin')), fc.oneof(value, fc.integer().map(String)));

describe('for every selector', () => {
  test('what is printed is read as the same selector', () => {
    fc.assert(
      fc.property(selector, (given) => {
        expect(parseSelector(formatSelector(given))).toEqual(given);
      }),
    );
  });

  test('spaces between words change nothing', () => {
    fc.assert(
      fc.property(selector, fc.constantFrom(' ', '\t', '  '), (given, space) => {
        const text = formatSelector(given).replaceAll(/([=!<>(),]+|(?<= )(?:in|notin)(?= ))/g, `${space}$1${space}`);
        expect(parseSelector(`${space}${text}${space}`)).toEqual(given);
      }),
    );
  });

  test('all requirements together match what each of them matches', () => {
    fc.assert(
      fc.property(selector, labels, (given, found) => {
        expect(matches(given, found)).toBe(given.every((one) => matches([one], found)));
      }),
    );
  });

  test('one and its opposite never match the same', () => {
    const opposites = { In: 'NotIn', Equals: 'NotEquals', Exists: 'DoesNotExist' } as const;
    const positive = requirement.filter((one): one is Requirement & { operator: keyof typeof opposites } => one.operator in opposites);
    fc.assert(
      fc.property(positive, labels, (one, found) => {
        expect(matches([{ ...one, operator: opposites[one.operator] }], found)).toBe(!matches([one], found));
      }),
    );
  });

  test('any text at all is read or refused, and nothing else happens', () => {
    const token = fc.constantFrom('a', 'b', 'in', 'notin', '=', '==', '!=', '!', '(', ')', ',', '<', '>', ' ', '1', '-');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        try {
          const read = parseSelector(tokens.join(''));
          expect(parseSelector(formatSelector(read))).toHaveLength(read.length);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'BadRequest' });
        }
      }),
    );
  });
});

test("a selector is printed as Kubernetes' parts print it", () => {
  const expressions = [{ key: 'z', operator: 'In', values: ['x', 'y'] } as const, { key: 'e', operator: 'Exists' } as const];
  expect(printSelector({ matchLabels: { b: '2', a: '1' }, matchExpressions: expressions })).toBe(
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:z,Operator:In,Values:[x y],},LabelSelectorRequirement{Key:e,Operator:Exists,Values:[],},},}',
  );
  expect(printSelector(undefined)).toBe('nil');
});
