import { equalJson, WorkQueue, type Clock } from '../../base/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition, type Kind } from '../../model/index.ts';
import type { Entry } from '../../store/index.ts';
import type { Caller, Found } from '../api.ts';
import { CLEANUP_FINALIZER, DEFINITIONS, followDefinitions } from '../customresources/index.ts';
import { Cleanup } from './cleanup.ts';
import { putUpdate, type Verbs } from './commit.ts';
import { settleDefinition } from './definition.ts';

const CALLER: Caller = { user: 'system:apiserver', groups: ['system:masters'], manager: 'apiextensions' };

/** Serves what the definitions in the store define, ends the objects of those that go, and gives out names that became free. */
export function serveDefinitions(verbs: Verbs & { readonly clock: Clock }): void {
  const { store, kinds, clock, random } = verbs;
  const cleanup = new Cleanup(verbs, CALLER, (name) => queue.add(name));
  const definitionAt = (name: string) => store.get(DEFINITIONS + name) as (Entry & Found) | undefined;

  const handle = async (name: string): Promise<undefined> => {
    const entry = definitionAt(name);
    const kind = kinds.byKind(CUSTOM_RESOURCE_DEFINITIONS.group, CUSTOM_RESOURCE_DEFINITIONS.version, CUSTOM_RESOURCE_DEFINITIONS.kind);
    if (!entry || !kind) return cleanup.forget(name);
    const { metadata } = entry.value;
    if (metadata.deletionTimestamp) {
      const isHeld = metadata.finalizers?.includes(CLEANUP_FINALIZER) ?? false;
      if (isHeld && (await cleanup.run(name, entry.value as unknown as CustomResourceDefinition))) release(kind, name);
      return undefined;
    }
    const settled = settleDefinition(verbs, kind, entry.value);
    if (!equalJson(settled['status'], entry.value['status']))
      putUpdate(verbs, kind, entry, settled, { query: {}, caller: CALLER, verb: 'update' });
    return undefined;
  };

  const release = (kind: Kind, name: string) => {
    const live = definitionAt(name);
    if (!live) return;
    const finalizers = live.value.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) ?? [];
    const released = { ...live.value, metadata: { ...live.value.metadata, finalizers } };
    putUpdate(verbs, kind, live, released, { query: {}, caller: CALLER, verb: 'delete' });
  };

  const queue = new WorkQueue<string>({ clock, random, handle });
  followDefinitions(store, kinds, {
    changed: (name) => {
      for (const other of [name, ...refused(verbs, name)]) queue.add(other);
    },
    closed: () => {
      cleanup.close();
      void queue.close();
    },
  });
}

/** Definitions of the same group that wait for a name which the changed one may have had. */
function refused({ store }: Verbs, changed: string): readonly string[] {
  const group = changed.slice(changed.indexOf('.') + 1);
  return store.list(DEFINITIONS).entries.flatMap(({ value }) => {
    const { spec, status, metadata } = value as CustomResourceDefinition;
    const isRefused = status?.conditions?.some(({ type, status }) => type === 'NamesAccepted' && status === 'False');
    return spec.group === group && isRefused ? [metadata.name] : [];
  });
}
