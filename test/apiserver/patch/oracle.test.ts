import { describe, expect, test } from 'vitest';
import { STATUS_FIELDS, trackUpdate } from '../../../src/apiserver/patch/index.ts';
import type { Manifest } from '../../../src/model/index.ts';
import { kindOf, NOW, readOracle, refusalOf, replay, type Created, type Sequence, type Step } from './oracle.ts';

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

function asDecoded({ input }: Created): Manifest {
  const kind = kindOf(input)!;
  return kind.defaults({ ...input, metadata: { ...input.metadata, ...(kind.namespaced ? { namespace: 'default' } : {}) } });
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
        shape: kindOf(one.input)!.shape(),
        ignore: STATUS_FIELDS,
      });
      expect(JSON.stringify(managedFields, null, 1)).toBe(JSON.stringify(one.output.metadata.managedFields, null, 1));
    },
  );
});
