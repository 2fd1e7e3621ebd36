import { keyOf, NAMESPACES, NEW_EVENTS, resourceName, type KindRef, type KubeObject, type ObjectKey } from '../../model/index.ts';
import { on, type Controller, type ServedKinds, type Trigger } from '../loop.ts';
import { onEachResource, resourcesOf } from '../served.ts';
import { namespaceReconciler } from './reconcile.ts';

/** Another form of the core group's events: what is left of these is left of both. */
const OTHER_EVENTS = resourceName(NEW_EVENTS);

export function namespaceController(kinds: ServedKinds): Controller {
  const contents: ServedKinds = {
    all: () => kinds.all().filter((kind) => kind.namespaced && resourceName(kind) !== OTHER_EVENTS),
    follow: (note) => kinds.follow(note),
  };
  return {
    name: 'namespace',
    reads: [NAMESPACES, ...resourcesOf(contents)],
    concurrency: 2,
    start: (context) => {
      const namespaces = context.client.informer(NAMESPACES);
      const isLeaving = (name: ObjectKey) => namespaces.get(name)?.metadata.deletionTimestamp !== undefined;
      const whenOneLess = (kind: KindRef<KubeObject>): Trigger =>
        on(kind, ({ before, after }) => (before && !after && isLeaving(before.metadata.namespace!) ? [before.metadata.namespace!] : []));
      return {
        triggers: [
          on(NAMESPACES, ({ after }) => (after?.metadata.deletionTimestamp ? [keyOf(after)] : [])),
          onEachResource(contents, whenOneLess),
        ],
        reconcile: namespaceReconciler(context, () => resourcesOf(contents)),
      };
    },
  };
}
