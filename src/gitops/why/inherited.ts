import type { FieldPath } from '../../model/index.ts';
import type { Item } from './lineage.ts';

/** Where controllers have what they make from. */
const TEMPLATES: Readonly<Record<string, FieldPath>> = {
  'ReplicaSet Pod': ['spec', 'template'],
  'ReplicationController Pod': ['spec', 'template'],
  'StatefulSet Pod': ['spec', 'template'],
  'DaemonSet Pod': ['spec', 'template'],
  'Job Pod': ['spec', 'template'],
  'CronJob Job': ['spec', 'jobTemplate'],
  'Deployment ReplicaSet': [],
};

/** What a template says of the object itself, beside its `spec`. */
const OF_METADATA = new Set<FieldPath[number]>(['labels', 'annotations']);

/** The field of the owner from which an object has a field; undefined where it is the controller's own doing. */
export function inheritedFrom(owner: Item, made: Item, path: FieldPath): FieldPath | undefined {
  const template = TEMPLATES[`${owner.kind} ${made.kind}`];
  const [first, second] = path;
  const isTold = first === 'spec' || (template?.length !== 0 && first === 'metadata' && OF_METADATA.has(second ?? ''));
  return template && isTold ? [...template, ...path] : undefined;
}
