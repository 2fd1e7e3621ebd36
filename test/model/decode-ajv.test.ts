import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, schemaOf } from '../../src/model/index.ts';
import { decode } from '../../src/model/schema/decode.ts';
import { referredName, resolve } from '../../src/model/schema/definitions.ts';
import { fullName, referenceTo } from '../../src/model/schema/notation.ts';
import type { Schema } from '../../src/model/schema/openapi-schema.ts';
import { FORMATS, strictSchemas } from './strict-schema.ts';

const ajv = new Ajv2020({ strict: false });
for (const [name, format] of Object.entries(FORMATS)) ajv.addFormat(name, format);
ajv.addSchema(strictSchemas());

const DEEPEST = 7;
const WRONG: readonly unknown[] = [true, 'text', 1.5, 2 ** 40, [], [{}], {}, { stray: 1 }];
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  Quantity: ['1', '500m', '1.5Gi', 2, '1e3', '.5', 'lots', '1Kii', ''],
  IntOrString: [80, '50%', 'http', 2 ** 31],
  Time: ['2026-01-01T00:00:00Z', '2026-02-28T23:59:59.5+02:00', '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01', 'now'],
  MicroTime: ['2026-01-01T00:00:00.000001Z', '2026-13-01T00:00:00Z'],
};

type Choose = <T>(choices: readonly T[]) => T;

/** Some value for a schema: right nearly everywhere. Which one is chosen by the property, so that it can be made small. */
function make(choose: Choose, schema: Schema, depth = 0): unknown {
  if (happens(choose, 40)) return choose(WRONG);
  const samples = SAMPLES[(referredName(schema) ?? '').replace(/.*\./, '')];
  if (samples) return choose(samples);
  const { type, properties, required = [], additionalProperties, items, enum: choices, format } = resolve(schema);
  if (properties) {
    const chosen = Object.keys(properties).filter((field) =>
      required.includes(field) ? !happens(choose, 30) : depth < DEEPEST && happens(choose, 2 + depth * 2),
    );
    const stray = happens(choose, 40) ? { straySpec: 'x' } : {};
    return { ...Object.fromEntries(chosen.map((field) => [field, make(choose, properties[field]!, depth + 1)])), ...stray };
  }
  if (additionalProperties) return depth < DEEPEST ? { key: make(choose, additionalProperties, depth + 1) } : {};
  switch (type) {
    case 'array':
      return depth < DEEPEST ? [make(choose, items!, depth + 1)] : [];
    case 'string':
      return choose(choices ? [...choices, '', 'Other'] : format === 'byte' ? ['eA==', '', 'e', 'a b='] : ['x', '']);
    case 'integer':
      return choose([0, 1, -1, 2 ** 31 - 1, 2 ** 31]);
    case 'number':
      return choose([0, 1.5]);
    case 'boolean':
      return choose([true, false]);
    default:
      return choose<unknown>([{ a: 1 }, 'any', 5]);
  }
}

const happens = (choose: Choose, outOf: number) => choose([...Array.from({ length: outOf - 1 }, () => false), true]);

/** A status says what is: nothing of it is judged but its types. */
const withoutStatus = (object: object) => Object.fromEntries(Object.entries(object).filter(([field]) => field !== 'status'));

describe('the decoder takes what a general validator takes of the same schema, and nothing else', () => {
  const kinds = BUILT_IN_KINDS.flatMap(({ kind, version, schema }) =>
    'definition' in schema ? [[`${version} ${kind}`, schema] as const] : [],
  );
  const seen = { taken: 0, refused: 0 };

  test.each(kinds)('%s', (_, source) => {
    const schema = schemaOf(source);
    const validate = ajv.compile({ $ref: `kubernetes${referenceTo(fullName(source.definition))}` });
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const choose: Choose = (choices) => choices[gen(fc.nat, { max: choices.length - 1 })]!;
        const made = make(choose, schema);
        const object = typeof made === 'object' && made !== null && !Array.isArray(made) ? withoutStatus(made) : made;
        const { errors, unknown, problems } = decode(schema, object);
        const isTaken = errors.length + unknown.length + problems.length === 0;
        seen[isTaken ? 'taken' : 'refused']++;
        const agrees = validate(object) === isTaken;
        expect(agrees ? [] : [JSON.stringify(object), validate.errors, errors, unknown, problems]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('both happened often', () => {
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan((seen.taken + seen.refused) / 5);
  });
});
