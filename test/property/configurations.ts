import * as fc from 'fast-check';
import { deepFreeze } from '../../src/base/index.ts';
import type { Manifest } from '../../src/model/index.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd');
const word = fc.constantFrom('x', 'y', 'z');
const labels = fc.dictionary(name, word, { maxKeys: 4 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const sparse = <T extends object>(record: fc.Arbitrary<T>) => record.map((value) => JSON.parse(JSON.stringify(value)) as T);

const env = fc.uniqueArray(fc.record({ name, value: word }), { selector: (item) => item.name, maxLength: 3 });
const item = sparse(fc.record({ name, image: optional(word), args: optional(fc.array(word, { maxLength: 2 })), env: optional(env) }));

/** A configuration of the kind that has one of everything. */
export const configuration: fc.Arbitrary<Manifest> = sparse(
  fc.record({
    apiVersion: fc.constant('x/v1'),
    kind: fc.constant('Thing'),
    metadata: fc.record({ name: fc.constant('a'), labels: optional(labels), finalizers: optional(fc.uniqueArray(word, { maxLength: 3 })) }),
    spec: fc.record({
      replicas: optional(fc.nat({ max: 2 })),
      selector: optional(fc.record({ matchLabels: labels })),
      strategy: optional(fc.record({ type: optional(word), rolling: optional(fc.record({ surge: optional(fc.nat({ max: 1 })) })) })),
      items: optional(fc.uniqueArray(item, { selector: (one) => one.name, maxLength: 3 })),
      ports: optional(
        fc.uniqueArray(fc.record({ port: fc.constantFrom(80, 443), target: fc.nat({ max: 1 }) }), {
          selector: (port) => port.port,
          maxLength: 2,
        }),
      ),
      extra: optional(fc.oneof(labels, word, fc.array(word, { maxLength: 2 }))),
    }),
  }),
).map((value) => deepFreeze(value as unknown as Manifest));
