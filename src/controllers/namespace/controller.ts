import { keyOf, NAMESPACES, type KindRef, type KubeObject, type ObjectKey } from '../../model/index.ts';
import { on, type Controller, type Trigger } from '../loop.ts';
import { namespaceReconciler } from './reconcile.ts';

export function namespaceController(kinds: readonly KindRef<KubeObject>[]): Controller {
  const contents = kinds.filter((kind) => kind.namespaced);
  return {
    name: 'namespace',
    reads: [NAMESPACES, ...contents],
    concurrency: 2,
    start: (context) => {
      const namespaces = context.client.informer(NAMESPACES);
      const isLeaving = (name: ObjectKey) => namespaces.get(name)?.metadata.deletionTimestamp !== undefined;
      const whenOneLess = (kind: KindRef<KubeObject>): Trigger =>
        on(kind, ({ before, after }) => (before && !after && isLeaving(before.metadata.namespace!) ? [before.metadata.namespace!] : []));
      return {
        triggers: [on(NAMESPACES, ({ after }) => (after?.metadata.deletionTimestamp ? [keyOf(after)] : [])), ...contents.map(whenOneLess)],
        reconcile: namespaceReconciler(context, contents),
      };
    },
  };
}
