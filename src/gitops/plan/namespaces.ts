import { NAMESPACES, type KindRef, type Manifest } from '../../model/index.ts';
import type { Desired, DesiredObject } from '../desired/desired.ts';
import { PLAIN, SYNC_OPTIONS } from '../desired/directives.ts';
import { identityOfObject } from '../desired/identity.ts';
import type { Live } from './live.ts';
import type { Step } from './steps.ts';

export const NAMESPACE_KIND: KindRef<Manifest> = { ...NAMESPACES, example: undefined };

export function isNamespace(kind: Pick<KindRef, 'group' | 'kind'>): boolean {
  return kind.group === NAMESPACES.group && kind.kind === NAMESPACES.kind;
}

/** Namespaces that are made because objects in them ask for it. They are nobody's: no application prunes them. */
export async function namespacesToMake({ objects, hooks }: Desired, always: boolean, live: Live): Promise<readonly Step[]> {
  const declared = new Set(objects.filter(({ kind }) => isNamespace(kind)).map(({ name }) => name));
  const steps = new Map<string, Step>();
  for (const asking of [...objects, ...hooks]) {
    const { namespace, directives } = asking;
    if (namespace === undefined || declared.has(namespace) || steps.has(namespace)) continue;
    if (!(always || directives.createNamespace) || (await live.read({ kind: NAMESPACE_KIND, name: namespace }))) continue;
    steps.set(namespace, createOf(namespace, asking));
  }
  return [...steps.values()];
}

/** Before everything else, hooks included. */
export const MADE_FIRST = { phase: 'PreSync', wave: -Infinity, depth: 0 } as const;

function createOf(name: string, { origin }: DesiredObject): Step {
  const metadata = { name, annotations: { [SYNC_OPTIONS]: 'Prune=false' } };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata } as unknown as Manifest;
  const desired: DesiredObject = {
    kind: NAMESPACE_KIND,
    name,
    identity: identityOfObject(object),
    object,
    digest: `namespace ${name}`,
    directives: { ...PLAIN, keepWhenRemoved: true },
    stage: MADE_FIRST,
    origin,
  };
  return { op: 'create', target: desired, desired, after: object, change: `create ${desired.digest}` };
}
