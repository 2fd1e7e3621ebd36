import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stampRevision } from '../../../src/apiserver/verbs/place.ts';
import { textOf } from '../../../src/apiserver/verbs/text.ts';

const part = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
const entry = fc.record({ manager: fc.string(), fieldsV1: part });
const metadata = fc.record(
  { name: fc.string({ minLength: 1 }), labels: part, annotations: part, managedFields: fc.array(entry, { maxLength: 3 }) },
  { requiredKeys: ['name'] },
);
const object = fc.record(
  { kind: fc.string(), metadata, spec: fc.oneof(part, fc.jsonValue(), fc.constant(undefined)), status: part, 'we"ird': part },
  { requiredKeys: ['metadata'] },
);

test('the text of an object is what JSON.stringify makes of it, also of parts that came up before', () => {
  fc.assert(
    fc.property(object, object, (first, second) => {
      const again = { ...second, spec: first.spec, metadata: { ...second.metadata, managedFields: first.metadata.managedFields } };
      for (const value of [first, again, { ...first, status: undefined }]) {
        const stored = stampRevision(value, 7);
        expect(textOf(stored)).toBe(JSON.stringify(stored));
      }
    }),
  );
});

test.each([null, 7, 'text', [1, { spec: {} }], {}, { metadata: {} }])(
  'the text of %j is its JSON, though it is no object of ours',
  (value) => {
    expect(textOf(value)).toBe(JSON.stringify(value));
  },
);
