import { describe, expect, test } from 'vitest';
import { STATUS_FIELDS, trackUpdate } from '../../../src/apiserver/patch/index.ts';
import type { Manifest } from '../../../src/model/index.ts';
import { defaultsOf, kindOf, NOW, readOracle, refusalOf, replay, shapeFor, type Created, type Sequence, type Step } from './oracle.ts';

const sequences = readOracle<Sequence[]>('patches.json');
const created = readOracle<Created[]>('defaults.json');

/** Steps that a rule beyond patches refuses: who validates, and who counts versions. */
const BEYOND_PATCHES = new Set(['immutable selector 1', 'put: resourceVersion rules 2', 'service immutable clusterIP 1']);

/** What the verbs and their allocators set, or give up, in what a server answers. */
const VERBS_OWN = new Set(['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'namespace', 'managedFields']);
const SERVICE_OWN = new Set(['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'externalTrafficPolicy']);

function comparable(object: Manifest): object {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !VERBS_OWN.has(name)));
  const { status: _, ...rest } = object as Manifest & { spec?: Record<string, unknown> };
  if (object.kind !== 'Service' || !rest.spec) return { ...rest, metadata };
  const spec = Object.fromEntries(Object.entries(rest.spec).filter(([name]) => !SERVICE_OWN.has(name)));
  const ports = (spec['ports'] as { nodePort?: number }[]).map(({ nodePort: _n, ...port }) => port);
  return { ...rest, metadata, spec: { ...spec, ports } };
}

const steps = sequences.flatMap(({ name, steps }) =>
  steps.map((step, i) => ({
    name: `${name} ${i}`,
    step,
    live: steps.slice(0, i).findLast(({ status }) => status < 300)?.output,
  })),
);

describe('a recorded write gives the object and the owners that the server gave', () => {
  const written = steps.filter(({ step }) => step.status < 300);

  test.each(written)('$name', ({ step, live }: { step: Step; live: Manifest | undefined }) => {
    const { object, managedFields } = replay(step, live);
    expect(comparable(object)).toEqual(comparable(step.output));
    expect(JSON.stringify(managedFields, null, 1)).toBe(JSON.stringify(step.output.metadata.managedFields, null, 1));
  });
});

describe('a recorded refusal is the same refusal', () => {
  const refused = steps.filter(({ name, step }) => step.status >= 300 && !BEYOND_PATCHES.has(name));

  test.each(refused)('$name', ({ step, live }) => {
    expect(refusalOf(() => replay(step, live))).toEqual(step.output);
  });
});

/** A kind that is not served yet has no defaults here: its recorded object stands for them, without what a server adds to it afterwards. */
const ADDED_AFTERWARDS: Readonly<Record<string, (object: Manifest) => Manifest>> = {
  // An empty list comes back from a real store as null, after its creator was found to own it.
  ClusterRole: (object) => ({ ...object, rules: object['rules'] ?? [] }),
  PersistentVolume: withoutFinalizers,
  PersistentVolumeClaim: withoutFinalizers,
  Job: (object) => {
    const { selector: _, template, ...spec } = object['spec'] as { selector: unknown; template: { spec: unknown } };
    return { ...object, metadata: { ...object.metadata, labels: undefined }, spec: { ...spec, template: { spec: template.spec } } };
  },
};

function withoutFinalizers(object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, finalizers: undefined } };
}

function asDecoded({ input, output }: Created): Manifest {
  const kind = kindOf(input);
  if (kind) return defaultsOf(kind, { ...input, metadata: { ...input.metadata, ...(kind.namespaced ? { namespace: 'default' } : {}) } });
  const { managedFields: _, ...metadata } = output.metadata;
  const object = { ...output, metadata };
  return ADDED_AFTERWARDS[output.kind]?.(object) ?? object;
}

describe('the creator of an object owns what the server says', () => {
  test.each(created.filter(({ status }) => status === 201).map((one) => [`${one.input.kind} ${one.input.metadata.name}`, one] as const))(
    '%s',
    (_, one) => {
      const { apiVersion } = one.input;
      const managedFields = trackUpdate({
        before: undefined,
        after: asDecoded(one),
        manager: 'node',
        apiVersion,
        now: NOW,
        shape: kindOf(one.input)?.shape() ?? shapeFor(one.input),
        ignore: STATUS_FIELDS,
      });
      expect(JSON.stringify(managedFields, null, 1)).toBe(JSON.stringify(one.output.metadata.managedFields, null, 1));
    },
  );
});
