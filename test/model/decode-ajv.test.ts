import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, schemaOf } from '../../src/model/index.ts';
import { decode } from '../../src/model/schema/decode.ts';
import { fullName, referenceTo } from '../../src/model/schema/notation.ts';
import { anyValue, type Choose } from '../tools/any-object.ts';
import { FORMATS, strictSchemas } from './strict-schema.ts';

const ajv = new Ajv2020({ strict: false });
for (const [name, format] of Object.entries(FORMATS)) ajv.addFormat(name, format);
ajv.addSchema(strictSchemas());

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
        const made = anyValue(choose, schema);
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
