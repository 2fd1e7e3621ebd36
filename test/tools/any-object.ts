import { referredName, resolve } from '../../src/model/schema/definitions.ts';
import type { Schema } from '../../src/model/schema/openapi-schema.ts';

const DEEPEST = 7;
const WRONG: readonly unknown[] = [true, 'text', 1.5, 2 ** 40, [], [{}], {}, { stray: 1 }];
const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  Quantity: ['1', '500m', '1.5Gi', 2, '1e3', '.5', 'lots', '1Kii', ''],
  IntOrString: [80, '50%', 'http', 2 ** 31],
  Time: ['2026-01-01T00:00:00Z', '2026-02-28T23:59:59.5+02:00', '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01', 'now'],
  MicroTime: ['2026-01-01T00:00:00.000001Z', '2026-13-01T00:00:00Z'],
};

export type Choose = <T>(choices: readonly T[]) => T;

/** Some value for a schema: right nearly everywhere. Which one is chosen by the property, so that it can be made small. */
export function anyValue(choose: Choose, schema: Schema, depth = 0): unknown {
  if (happens(choose, 40)) return choose(WRONG);
  const samples = SAMPLES[(referredName(schema) ?? '').replace(/.*\./, '')];
  if (samples) return choose(samples);
  const { type, properties, required = [], additionalProperties, items, enum: choices, format } = resolve(schema);
  if (properties) {
    const chosen = Object.keys(properties).filter((field) =>
      required.includes(field) ? !happens(choose, 30) : depth < DEEPEST && happens(choose, 2 + depth * 2),
    );
    const stray = happens(choose, 40) ? { straySpec: 'x' } : {};
    return { ...Object.fromEntries(chosen.map((field) => [field, anyValue(choose, properties[field]!, depth + 1)])), ...stray };
  }
  if (additionalProperties) return depth < DEEPEST ? { key: anyValue(choose, additionalProperties, depth + 1) } : {};
  switch (type) {
    case 'array':
      return depth < DEEPEST ? [anyValue(choose, items!, depth + 1)] : [];
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

const ODD: readonly unknown[] = [null, '', 'A_b!', '../x', '-1', -1, 0, 2 ** 31, 1.5, true, {}, []];

/** The object as it is but for one place, for each of its places and many odd values. */
export function* oddVariants(object: unknown): Generator<unknown> {
  if (Array.isArray(object)) {
    yield [...object, ...object];
    for (const i of object.keys()) {
      yield object.toSpliced(i, 1);
      for (const odd of [...ODD, ...oddVariants(object[i])]) yield object.with(i, odd);
    }
  } else if (typeof object === 'object' && object !== null) {
    for (const [name, member] of Object.entries(object)) {
      const { [name]: _, ...others } = object as Record<string, unknown>;
      yield others;
      for (const odd of ODD) yield { ...object, [name]: odd };
      for (const odd of oddVariants(member)) yield { ...object, [name]: odd };
    }
  }
}
