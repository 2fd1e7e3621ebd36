import { describe, expect, test } from 'vitest';
import { createApi, localClient, storeOptions, type Api, type Written } from '../../src/apiserver/index.ts';
import { ManualClock, seededRandom, StatusError, type FailureStatus } from '../../src/base/index.ts';
import { BUILT_IN_KINDS, KindRegistry, NAMESPACES, type Manifest } from '../../src/model/index.ts';
import { memoryStore } from '../../src/store/index.ts';
import { differences, kindOf, nameOf, readOracle } from '../model/oracle.ts';

interface Answer {
  readonly status: number;
  readonly output: Manifest | FailureStatus;
}

interface Created extends Answer {
  readonly input: Manifest;
  readonly warnings?: string;
}

interface Refused extends Created {
  readonly name: string;
}

interface Step extends Answer {
  readonly create?: boolean;
  readonly apply?: string;
  readonly force?: boolean;
  readonly put?: string;
  readonly type?: string;
  readonly object?: Manifest;
  readonly patch?: unknown;
}

/** The verbs over a store in memory, with what the recorded server had: no controllers, tokens for pods. */
async function server(): Promise<Api> {
  const clock = new ManualClock();
  const store = memoryStore({ now: () => clock.now(), ...storeOptions() });
  const kinds = new KindRegistry(BUILT_IN_KINDS);
  const api = createApi({ store, kinds, clock, random: seededRandom(1), serviceCidr: '10.0.0.0/16', mountTokens: true });
  const client = localClient({ api, store, manager: 'setup', trusted: false });
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return api;
}

const callerOf = (manager: string) => ({ user: 'someone', groups: ['system:masters'], manager });

function placeOf(object: Manifest, name?: string) {
  const kind = kindOf(object)!;
  return { kind, ...(kind.namespaced ? { namespace: 'default' } : {}), ...(name ? { name } : {}) };
}

/** What a request came to: an object or a Status. */
async function answer({ attend }: Api, run: () => Written) {
  try {
    const { code, found, warnings } = await attend(run);
    return { status: code, output: found.value, warnings };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const status = error.toStatus();
    return { status: status.code, output: status, warnings: [] };
  }
}

/** Names, times and addresses that are given out anew each time. */
function withoutChance(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/kube-api-access-[^"\\]+/g, 'kube-api-access-x')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|<uid>/g, 'UID')
    .replaceAll(/"2026-01-01T00:00:00Z"|"<time>"/g, '"TIME"')
    .replaceAll(/"resourceVersion":"[^"]+"/g, '"resourceVersion":"N"')
    .replaceAll(/"10\.0\.\d+\.\d+"/g, '"IP"')
    .replaceAll(/"nodePort":\d+/g, '"nodePort":1');
  return JSON.parse(text);
}

/** Differences that are meant, by kind, each with its reason. */
const MEANT: Readonly<Record<string, readonly RegExp[]>> = {
  // No part keeps what is in use from being deleted: a finalizer that nobody takes away would keep it for ever.
  PersistentVolume: [/^metadata\.finalizers/],
  PersistentVolumeClaim: [/^metadata\.finalizers/],
  // No controller takes the taint away when a node becomes ready, so none is given.
  Node: [/^spec\.taints/],
  // A definition is in force with the answer to its creation, not a moment later.
  CustomResourceDefinition: [/^status/],
};

describe('a new object is answered as a real API server answers it', () => {
  const recorded = readOracle<Created[]>('defaults.json');

  test.each(recorded.map((entry) => [nameOf(entry.input), entry] as const))('%s', async (_, { input, status, output, warnings }) => {
    const api = await server();
    const made = await answer(api, () => api.create(placeOf(input), input, {}, callerOf('node')));
    expect(made.status).toBe(status);
    // What is stored and not enforced is told on top.
    const told = [kindOf(input)!.deprecated ?? [], made.warnings].flat();
    expect(told.filter((warning) => !warning.includes('not enforced'))).toEqual(
      warnings ? [JSON.parse(warnings.slice(warnings.indexOf('"')))] : [],
    );
    const found = differences(withoutChance(output), withoutChance(made.output));
    expect(found.filter((difference) => !MEANT[input.kind]?.some((pattern) => pattern.test(difference)))).toEqual([]);
  });
});

describe('a bad object is refused as a real API server refuses it', () => {
  const recorded = readOracle<Refused[]>('refusals.json');

  test.each(recorded.map((entry) => [entry.name, entry] as const))('%s', async (_, { input, status, output }) => {
    const api = await server();
    const query = { dryRun: true, fieldValidation: 'Strict' } as const;
    const refused = await answer(api, () => api.create(placeOf(input), input, query, callerOf('node')));
    expect(refused.status).toBe(status);
    if (status >= 300) expect(refused.output).toEqual(output);
  });
});

const PATCHES: Readonly<Record<string, 'json' | 'merge' | 'strategic'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

function take(api: Api, step: Step, first: Manifest) {
  const { object = first, patch, create, put, apply, force = false } = step;
  const place = placeOf(first, first.metadata.name);
  if (create) return api.create(placeOf(first), object, {}, callerOf('creator'));
  if (put) return api.update(place, object, {}, callerOf(put));
  if (apply) return api.patch(place, { type: 'apply', object }, { force }, callerOf(apply));
  const type = PATCHES[step.type!]!;
  const body = type === 'json' ? { type, operations: patch as [] } : { type, patch: patch as Record<string, unknown> };
  return api.patch(place, body, {}, callerOf('patcher'));
}

describe('a sequence of writes gives what it gives on a real API server', () => {
  const recorded = readOracle<{ name: string; steps: Step[] }[]>('patches.json');

  test.each(recorded.map((entry) => [entry.name, entry.steps] as const))('%s', async (_, steps) => {
    const api = await server();
    for (const step of steps) {
      const { status, output } = await answer(api, () => take(api, step, steps[0]!.object!));
      expect(differences(withoutChance({ status: step.status, output: step.output }), withoutChance({ status, output }))).toEqual([]);
    }
  });
});
