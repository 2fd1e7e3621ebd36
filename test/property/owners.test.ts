import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyPatch,
  compareFields,
  fieldsOf,
  formatPaths,
  parseFields,
  trackUpdate,
  type FieldSet,
} from '../../src/apiserver/patch/index.ts';
import { deepFreeze } from '../../src/base/index.ts';
import type { ManagedFieldsEntry, Manifest } from '../../src/model/index.ts';
import { THING } from '../apiserver/patch/shapes.ts';
import { configuration } from './configurations.ts';

type Owner = Omit<ManagedFieldsEntry, 'fieldsV1' | 'fieldsType'> & { readonly fields: Paths };
type Paths = ReadonlySet<string>;

const NEVER_OWNED = /^\.(apiVersion|kind|metadata|metadata\.(name|managedFields))$/;
const pathsOf = (...sets: FieldSet[]): Paths => new Set(sets.flatMap((set) => [...formatPaths(set)]));
const ownable = (fields: Paths) => new Set([...fields].filter((path) => !NEVER_OWNED.test(path)));
const union = (a: Paths, b: Paths): Paths => new Set([...a, ...b]);
const minus = (a: Paths, b: Paths): Paths => new Set([...a].filter((path) => !b.has(path)));
const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const bare = (object: Manifest): Manifest => clone({ ...object, metadata: { ...object.metadata, managedFields: undefined } });

const idOf = ({ manager, operation, apiVersion, subresource }: Omit<Owner, 'fields'>) =>
  JSON.stringify({ manager, operation, ...(operation === 'Apply' ? {} : { apiVersion }), subresource: subresource ?? '' });

/** Who owns what, with sets of texts: nothing is shared, and nothing is remembered. */
class Model {
  owners = new Map<string, Owner>();

  lose(gone: Paths): void {
    for (const [id, owner] of this.owners) {
      const fields = minus(owner.fields, gone);
      if (fields.size > 0) this.owners.set(id, { ...owner, fields });
      else this.owners.delete(id);
    }
  }

  /** Kubernetes' rule for more than ten updaters, as its server has it. */
  fold(): void {
    const updaters = [...this.owners].filter(([, { operation }]) => operation === 'Update');
    updaters.sort(([a, { time: aTime }], [b, { time: bTime }]) => compare(aTime!, bTime!) || compare(a, b));
    const firsts = new Map<string, string>();
    let left = updaters.length;
    for (const [id, { apiVersion, time }] of updaters) {
      if (left <= 10) return;
      const bucket = idOf({ manager: 'ancient-changes', operation: 'Update', apiVersion });
      const first = firsts.get(apiVersion!);
      if (!first) firsts.set(apiVersion!, id);
      if (!first || id === bucket) continue;
      const into = this.owners.has(bucket) ? bucket : first;
      const fields = union(this.owners.get(into)!.fields, this.owners.get(id)!.fields);
      this.owners.delete(into);
      this.owners.delete(id);
      this.owners.set(bucket, { manager: 'ancient-changes', operation: 'Update', apiVersion, time, fields });
      left--;
    }
  }

  /** In the order of Kubernetes' entries. */
  entries(): readonly string[] {
    return [...this.owners.values()]
      .toSorted((a, b) => ORDER.map((of) => compare(of(a), of(b))).find((order) => order !== 0) ?? 0)
      .map(({ fields, ...owner }) => textOf(owner, fields));
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const ORDER = (['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const).map((key) => (owner: Owner) => owner[key] ?? '');

function textOf({ manager, operation, apiVersion, subresource, time }: Omit<Owner, 'fields'>, fields: Paths): string {
  return [operation, manager, apiVersion, subresource ?? '-', time, ...[...fields].toSorted()].join(' ');
}

const entriesOf = ({ metadata }: Manifest) =>
  (metadata.managedFields ?? []).map(({ fieldsV1, ...entry }) => textOf(entry, pathsOf(parseFields(fieldsV1!)!)));

const step = fc.record({
  kind: fc.constantFrom('put', 'status', 'apply', ...Array.from({ length: 12 }, () => 'label' as const)),
  manager: fc.constantFrom(...'abcdefghijklmn'),
  apiVersion: fc.constantFrom('x/v1', 'x/v1', 'x/v1', 'x/v2'),
  wanted: configuration,
  passes: fc.nat({ max: 1 }),
  /** Whether the object comes back as the server's own, or as a client read it. */
  isOurs: fc.boolean(),
  /** Whether so much else was written before that nothing is remembered. */
  isLongAfter: fc.nat({ max: 60 }).map((n) => n === 0),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const shape = THING;

const MANY = { metadata: { labels: Object.fromEntries(Array.from({ length: 11_000 }, (_, i) => [`n${10_000 + i}`, ''])) } };

/** More than is remembered. */
const forgetSets = () => void fieldsOf(MANY, shape);

/** A put of something else, of the status, or of one label that only this manager sets. */
function versionAfter(live: Manifest | undefined, { kind, manager, wanted }: Step, now: string): Manifest {
  if (!live || kind === 'put') return wanted;
  if (kind === 'status') return { ...live, status: { ready: Object.keys(wanted.metadata.labels ?? {}).length } } as Manifest;
  return { ...live, metadata: { ...live.metadata, labels: { ...live.metadata.labels, [`of-${manager}`]: now } } };
}

function put(model: Model, live: Manifest | undefined, asked: Step, now: string): Manifest {
  const { kind, manager, apiVersion, isOurs } = asked;
  const subresource = kind === 'status' && live ? 'status' : undefined;
  const after = versionAfter(live, asked, now);
  const metadata = { ...after.metadata, managedFields: isOurs ? live?.metadata.managedFields : undefined };
  const writer = { apiVersion, now, shape, manager, ...(subresource ? { subresource } : {}) };
  const managedFields = trackUpdate({ ...writer, before: live, after: { ...after, metadata } });
  const { written, removed } = compareFields(live && bare(live), bare(after), shape);
  if (live && model.owners.size === 0) return { ...after, metadata: { ...after.metadata, managedFields } };
  model.lose(pathsOf(written, removed));
  const taken = ownable(pathsOf(written));
  const id = idOf({ manager, operation: 'Update', apiVersion, subresource });
  const fields = union(taken, model.owners.get(id)?.fields ?? new Set());
  if (taken.size > 0) model.owners.set(id, { manager, operation: 'Update', apiVersion, subresource, time: now, fields });
  model.fold();
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

function apply(model: Model, live: Manifest | undefined, { manager, apiVersion, wanted }: Step, now: string): Manifest {
  const { object, managedFields } = applyPatch({ live, applied: wanted, manager, apiVersion, now, shape, force: true });
  const id = idOf({ manager, operation: 'Apply', apiVersion });
  const before = model.owners.get(id);
  model.owners.delete(id);
  const { written, removed } = compareFields(live && bare(live), bare(object), shape);
  model.lose(pathsOf(written, removed));
  const fields = ownable(pathsOf(fieldsOf(wanted, shape)));
  const isChanged = !live || pathsOf(written, removed).size > 0;
  const time = isChanged ? now : before?.time;
  if (fields.size > 0) model.owners.set(id, { manager, operation: 'Apply', apiVersion, time, fields });
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

describe('managed fields', () => {
  test('are those of a model that shares and remembers nothing, whoever writes in which order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps: readonly Step[]) => {
        const model = new Model();
        let live: Manifest | undefined;
        let seconds = 0;
        for (const each of steps) {
          // An object that nobody owns anything of is tracked by other rules.
          if (live && model.owners.size === 0) return;
          // What is applied empty is owned, and left out of the object.
          if (each.kind === 'apply' && /\{\}|\[\]/.test(JSON.stringify(each.wanted))) continue;
          if (each.isLongAfter) forgetSets();
          const now = new Date(Date.UTC(2026, 0, 1) + (seconds += each.passes) * 1000).toISOString().replace('.000', '');
          const next = each.kind === 'apply' ? apply(model, live, each, now) : put(model, live, each, now);
          live = deepFreeze(each.isOurs ? next : clone(next)) as Manifest;
          expect(entriesOf(live)).toEqual(model.entries());
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});
