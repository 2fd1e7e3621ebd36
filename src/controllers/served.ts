import type { Client } from '../client/index.ts';
import { resourceName, type KindRef, type KubeObject, type ObjectKey } from '../model/index.ts';
import type { ServedKinds, Trigger } from './loop.ts';

/** Each resource once, whatever versions of it are served: all of them show the same objects. */
export function resourcesOf(kinds: ServedKinds): readonly KindRef<KubeObject>[] {
  const resources = new Map<string, KindRef<KubeObject>>();
  for (const kind of kinds.all()) if (!resources.has(resourceName(kind))) resources.set(resourceName(kind), kind);
  return [...resources.values()];
}

/** Follows every resource while it is served. `entered` and `left` are called before its first change and after its last. */
export function onEachResource(
  kinds: ServedKinds,
  triggerFor: (kind: KindRef<KubeObject>) => Trigger,
  { entered, left }: { entered?: (kind: KindRef<KubeObject>) => void; left?: (kind: KindRef<KubeObject>) => void } = {},
): Trigger {
  return {
    follow: (client: Client, add: (key: ObjectKey) => void) => {
      const followed = new Map<string, { kind: KindRef<KubeObject>; trigger: { close(): void } }>();
      const enter = (kind: KindRef<KubeObject>) => {
        entered?.(kind);
        followed.set(resourceName(kind), { kind, trigger: triggerFor(kind).follow(client, add) });
      };
      const leave = (name: string) => {
        const { kind, trigger } = followed.get(name)!;
        followed.delete(name);
        trigger.close();
        left?.(kind);
      };
      const compare = () => {
        const served = new Map(resourcesOf(kinds).map((kind) => [resourceName(kind), kind]));
        for (const [name, { kind }] of followed) if (served.get(name)?.version !== kind.version) leave(name);
        for (const [name, kind] of served) if (!followed.has(name)) enter(kind);
      };
      const following = kinds.follow(compare);
      compare();
      return {
        close: () => {
          following.close();
          for (const { trigger } of followed.values()) trigger.close();
        },
      };
    },
  };
}
