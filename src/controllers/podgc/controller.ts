import type { Millis } from '../../base/index.ts';
import type { InformerChange } from '../../client/index.ts';
import { keyOf, NODES, PODS, type ObjectKey, type Pod } from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import { indexNodes } from '../indexes.ts';
import { on, type Controller } from '../loop.ts';
import { isOutOfService, isStuck } from './decide.ts';
import { ENDED, MOST_ENDED, podGarbageReconciler } from './reconcile.ts';

export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  component: 'pod-garbage-collector',
  reads: [PODS, NODES],
  concurrency: 8,
  start: (context) => {
    const nodes = context.client.informer(NODES);
    const nodeOf = (name: string) => nodes.get(name);
    const podsOn = indexNodes(context.client.informer(PODS));
    const ended = new Set<ObjectKey>();
    const missingSince = new Map<string, Millis>();
    const isLost = ({ before, after }: InformerChange<Pod>) => {
      if (!after) return false;
      const node = after.spec.nodeName;
      const isNew = before?.spec.nodeName !== node || before?.metadata.uid !== after.metadata.uid;
      return isStuck(after, nodeOf) || (isNew && node !== undefined && !nodeOf(node));
    };
    const hasTooMany = ({ before, after }: InformerChange<Pod>) => {
      if (after && isTerminal(after)) ended.add(keyOf(after));
      else if (ended.size > 0) ended.delete(keyOf((after ?? before)!));
      return ended.size > MOST_ENDED;
    };
    return {
      triggers: [
        on(NODES, ({ before, after }) => {
          if (after) missingSince.delete(after.metadata.name);
          const isGone = after === undefined || (isOutOfService(after) && !isOutOfService(before));
          return isGone ? podsOn((after ?? before)!.metadata.name).map(keyOf) : [];
        }),
        on(PODS, (change) => {
          const keys = hasTooMany(change) ? [ENDED] : [];
          if (isLost(change)) keys.push(keyOf(change.after!));
          return keys;
        }),
      ],
      reconcile: podGarbageReconciler(context, missingSince),
    };
  },
};
