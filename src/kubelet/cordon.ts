import type { Informer } from '../client/index.ts';
import { NODES, type Node } from '../model/index.ts';
import type { EventRecorder } from '../status/index.ts';
import { followNode } from './feeds.ts';

/** Tells people when new pods are kept from the node, and when they are let on it again. */
export function tellOfCordon(nodes: Informer<Node>, name: string, events: EventRecorder): { close(): void } {
  const object = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
  return followNode(nodes, name, ({ before, after }) => {
    if (!before || !after) return;
    const [was, is] = [before, after].map(({ spec }) => spec?.unschedulable ?? false);
    if (was === is) return;
    const reason = is ? 'NodeNotSchedulable' : 'NodeSchedulable';
    events.event({ kind: NODES, object }, 'Normal', reason, `Node ${name} status is now: ${reason}`);
  });
}
