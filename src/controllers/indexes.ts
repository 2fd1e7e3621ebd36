import type { Informer } from '../client/index.ts';
import { controllerOf, type KubeObject, type Labels, type Pod } from '../model/index.ts';

/** A cache is shared by all rooms, and the same name is the same index. */
const CONTROLLER = 'controllers/controller';
const UNCONTROLLED = 'controllers/uncontrolled';
const LABEL = 'controllers/label';

/** Finds what a controller owns, by its uid, and what nobody controls, by namespace. */
export function indexControlled<T extends KubeObject>(
  informer: Informer<T>,
): { of(uid: string): readonly T[]; orphans(namespace: string): readonly T[] } {
  informer.index(CONTROLLER, (object) => asList(controllerOf(object)?.uid));
  informer.index(UNCONTROLLED, (object) => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']));
  return { of: (uid) => informer.by(CONTROLLER, uid), orphans: (namespace) => informer.by(UNCONTROLLED, namespace) };
}

/** Finds objects by one label. */
export function indexLabels<T extends KubeObject>(
  informer: Informer<T>,
): (namespace: string, label: readonly [string, string]) => readonly T[] {
  informer.index(LABEL, (object) => labelTerms(object.metadata.namespace ?? '', object.metadata.labels));
  return (namespace, [key, value]) => informer.by(LABEL, labelTerm(namespace, key, value));
}

export function labelTerms(namespace: string, labels: Labels | undefined): readonly string[] {
  return Object.entries(labels ?? {}).map(([key, value]) => labelTerm(namespace, key, value));
}

export const labelTerm = (namespace: string, key: string, value: string) => `${namespace}/${key}=${value}`;

const asList = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const NODE = 'controllers/node';

/** Finds the pods that are bound to a node. */
export function indexNodes(informer: Informer<Pod>): (node: string) => readonly Pod[] {
  informer.index(NODE, ({ spec }) => asList(spec.nodeName));
  return (node) => informer.by(NODE, node);
}
