import { messageOf, type Millis } from '../../base/index.ts';
import type { KindRef, KubeObject, Namespace } from '../../model/index.ts';
import { withCondition } from '../../status/index.ts';

/** What is still in a namespace, by kind. */
export interface Remains {
  readonly kind: KindRef<KubeObject>;
  readonly objects: readonly KubeObject[];
  /** Why something of it could not even be deleted: the first reason of several. */
  readonly failure?: unknown;
}

const DELETED = {
  status: 'False',
  reason: 'ContentDeleted',
  message: 'All content successfully deleted, may be waiting on finalization',
} as const;
const REMOVED = { status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' } as const;
const UNHELD = { status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' } as const;

/** Kubernetes says these, too, and tools read them. */
const DISCOVERED = {
  type: 'NamespaceDeletionDiscoveryFailure',
  status: 'False',
  reason: 'ResourcesDiscovered',
  message: 'All resources successfully discovered',
} as const;
const PARSED = {
  type: 'NamespaceDeletionGroupVersionParsingFailure',
  status: 'False',
  reason: 'ParsedGroupVersions',
  message: 'All legacy kube types successfully parsed',
} as const;

/** What a leaving namespace says of the rest. */
export function decideNamespaceStatus(namespace: Namespace, remains: readonly Remains[], now: Millis): NonNullable<Namespace['status']> {
  const counts = remains
    .filter(({ objects }) => objects.length > 0)
    .map(({ kind, objects }) => `${kind.plural}.${kind.group} has ${objects.length} resource instances`)
    .toSorted();
  const holders = countFinalizers(remains);
  const failures = remains.flatMap(({ failure }) => (failure === undefined ? [] : [messageOf(failure)])).toSorted();
  const failed = `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`;
  const said = [
    DISCOVERED,
    PARSED,
    {
      type: 'NamespaceDeletionContentFailure',
      ...(failures.length > 0 ? some('ContentDeletionFailed', failed) : DELETED),
    },
    {
      type: 'NamespaceContentRemaining',
      ...(counts.length > 0 ? some('SomeResourcesRemain', `Some resources are remaining: ${counts.join(', ')}`) : REMOVED),
    },
    {
      type: 'NamespaceFinalizersRemaining',
      ...(holders.length > 0
        ? some('SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${holders.join(', ')}`)
        : UNHELD),
    },
  ];
  const conditions = said.reduce((all, condition) => withCondition(all, condition, now), namespace.status?.conditions ?? []);
  return { ...namespace.status, phase: 'Terminating', conditions };
}

const some = (reason: string, message: string) => ({ status: 'True', reason, message }) as const;

function countFinalizers(remains: readonly Remains[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const finalizer of remains.flatMap(({ objects }) => objects.flatMap((object) => object.metadata.finalizers ?? []))) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
}
