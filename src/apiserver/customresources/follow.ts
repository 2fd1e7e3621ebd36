import { equalJson } from '../../base/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition, type Kind, type KindRegistry } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import { isEstablished } from './accept.ts';
import { kindsOf } from './kinds.ts';

export const DEFINITIONS = `${CUSTOM_RESOURCE_DEFINITIONS.group}/${CUSTOM_RESOURCE_DEFINITIONS.plural}/`;

interface Made {
  readonly from: CustomResourceDefinition;
  readonly kinds: readonly Kind[];
}

interface DefinitionEvents {
  /** A definition was written or is gone. It must only take note. */
  changed(name: string): void;
  closed(): void;
}

/** Keeps the registry as the definitions in the store say, from the same turn on in which one is written. */
export function followDefinitions(store: Store, kinds: KindRegistry, events: DefinitionEvents): void {
  const made = new Map<string, Made>();

  const take = (name: string, definition: CustomResourceDefinition | undefined) => {
    const before = made.get(name);
    if (before && definition && makesTheSame(before.from, definition)) return;
    const next = definition ? kindsOf(definition).map((kind) => renewed(kind, definition, before)) : [];
    for (const kind of before?.kinds ?? []) {
      if (!next.some(({ version, kind: named }) => version === kind.version && named === kind.kind)) kinds.remove(kind);
    }
    for (const kind of next) kinds.add(kind);
    if (definition) made.set(name, { from: definition, kinds: next });
    else made.delete(name);
  };

  const takeAll = () => {
    const present = new Map(store.list(DEFINITIONS).entries.map(({ key, value }) => [nameOf(key), value as CustomResourceDefinition]));
    for (const name of made.keys()) if (!present.has(name)) take(name, undefined);
    for (const [name, definition] of present) {
      take(name, definition);
      events.changed(name);
    }
  };

  const follow = (): void => {
    takeAll();
    store.watch(DEFINITIONS, store.revision, {
      changed: ({ key, after }) => {
        take(nameOf(key), after?.value as CustomResourceDefinition | undefined);
        events.changed(nameOf(key));
      },
      ended: (why) => (why === 'closed' ? events.closed() : follow()),
    });
  };
  follow();
}

const nameOf = (key: string) => key.slice(DEFINITIONS.length);

/** One whose definition is only on its way out goes on as it is, but for what may be done with it. */
function renewed(kind: Kind, definition: CustomResourceDefinition, before: Made | undefined): Kind {
  const known = before?.kinds.find(({ version }) => version === kind.version);
  return known && saysTheSame(before!.from, definition) ? { ...known, verbs: kind.verbs, isEnding: kind.isEnding } : kind;
}

function makesTheSame(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  const isGoing = ({ metadata }: CustomResourceDefinition) => metadata.deletionTimestamp !== undefined;
  return isEstablished(a) === isEstablished(b) && isGoing(a) === isGoing(b) && saysTheSame(a, b);
}

function saysTheSame(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  return equalJson(a.spec, b.spec) && equalJson(a.status?.acceptedNames, b.status?.acceptedNames);
}
