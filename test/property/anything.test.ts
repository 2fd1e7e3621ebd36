import * as fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NotLoaded } from '../../src/apiserver/needed.ts';
import { StatusError } from '../../src/base/index.ts';
import { BUILT_IN_KINDS, schemaOf, type Kind, type Manifest } from '../../src/model/index.ts';
import { anyValue, oddVariants, type Choose } from '../tools/any-object.ts';
import { controlPlane } from '../tools/control-plane.ts';

const { api } = await controlPlane();
const CALLER = { user: 'ann', groups: [], manager: 'kubectl' };

/** What comes of a write that nobody keeps. Only a refusal may be thrown, and none that blames the server. */
function outcome(act: () => { readonly code: number }): string {
  try {
    return String(act().code);
  } catch (error) {
    if (error instanceof StatusError && error.reason !== 'InternalError') return error.reason;
    if (!(error instanceof NotLoaded)) return `unexpected: ${(error as Error).stack}`;
    loading = error.loaded;
    return 'later';
  }
}

let loading: Promise<void> | undefined;

/** Tries all of it anew with a module that it had to wait for. */
async function withModules(run: () => void): Promise<void> {
  do {
    loading = undefined;
    run();
    await loading;
  } while (loading);
}

const create = (kind: Kind, object: Manifest) =>
  outcome(() => api.create({ kind, ...(kind.namespaced ? { namespace: 'default' } : {}) }, object, { dryRun: true }, CALLER));

const kinds = BUILT_IN_KINDS.filter(({ verbs, schema }) => verbs.includes('update') && 'definition' in schema);

describe('whatever is posted is taken or refused', () => {
  test.each(kinds.map((kind) => [`${kind.version} ${kind.kind}`, kind] as const))('%s', async (_, kind) => {
    const schema = schemaOf(kind.schema);
    const tried = () =>
      fc.assert(
        fc.property(fc.gen(), (gen) => {
          const choose: Choose = (choices) => choices[gen(fc.nat, { max: choices.length - 1 })]!;
          const made = anyValue(choose, schema) as Manifest;
          const type = { apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version, kind: kind.kind };
          const metadata = { ...(made?.metadata as object), name: 'x', namespace: undefined, resourceVersion: undefined };
          expect(create(kind, { ...made, ...type, metadata })).not.toContain('unexpected');
        }),
        { numRuns: 60 },
      );
    await withModules(tried);
  });
});

const file = join(import.meta.dirname, '../../../shared/oracle/defaults.json');
const recorded = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly input: Manifest }[]) : [];

const selector = { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] };
const term = { labelSelector: selector, topologyKey: 'zone', matchLabelKeys: ['app'] };
const PLACED = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'placed', namespace: 'default', labels: { app: 'a' } },
  spec: {
    containers: [{ name: 'c', image: 'i', lifecycle: { preStop: { sleep: { seconds: 1 } } } }],
    readinessGates: [{ conditionType: 'a.b/c' }],
    affinity: {
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] },
    },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector }],
  },
};

describe('an object that is wrong in one place is taken or refused', () => {
  test.each(
    [...recorded, { input: PLACED as unknown as Manifest }].map(({ input }) => [`${input.kind} ${input.metadata.name}`, input] as const),
  )('%s', async (_, input) => {
    const kind = api.kinds.byApiVersion(input.apiVersion, input.kind);
    if (!kind) return;
    const namespaced = kind.namespaced ? { namespace: 'default' } : {};
    const place = { kind, ...namespaced, name: input.metadata.name };
    let isMade = false;
    await withModules(() => void (isMade = outcome(() => api.create({ kind, ...namespaced }, input, {}, CALLER)) === '201'));
    const status = { ...place, subresource: 'status' };
    const tried = (variant: unknown) => {
      const object = { ...(variant as Manifest), apiVersion: input.apiVersion, kind: input.kind };
      const patch = { type: 'merge', patch: object } as const;
      const came = [create(kind, object)];
      if (isMade) {
        came.push(outcome(() => api.update(place, object, { dryRun: true }, CALLER)));
        came.push(outcome(() => api.patch(place, patch, { dryRun: true }, CALLER)));
        came.push(outcome(() => api.patch(place, { type: 'apply', object }, { dryRun: true, force: true }, CALLER)));
        if (kind.subresources.includes('status')) came.push(outcome(() => api.patch(status, patch, { dryRun: true }, CALLER)));
      }
      const unexpected = came.filter((one) => one.startsWith('unexpected'));
      if (unexpected.length > 0) expect([JSON.stringify(object), ...unexpected]).toEqual([]);
    };
    for (const variant of oddVariants(input)) await withModules(() => tried(variant));
  });
});
