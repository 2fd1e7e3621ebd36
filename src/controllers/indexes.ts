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

/** The pods of one template share their labels, and are asked for their terms again and again. */
const known = new WeakMap<Labels, { readonly namespace: string; readonly terms: readonly string[] }>();

export function labelTerms(namespace: string, labels: Labels | undefined): readonly string[] {
  if (!labels) return [];
  const found = known.get(labels);
  if (found?.namespace === namespace) return found.terms;
  const terms = Object.entries(labels).map(([key, value]) => labelTerm(namespace, key, value));
  known.set(labels, { namespace, terms });
  return terms;
}

export const labelTerm = (namespace: string, key: string, value: string) => `${namespace}/${key}=${value}`;

const asList = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const NAMESPACE = 'controllers/namespace';

/** Finds what a namespace has of a kind of which most have none. */
export function indexNamespaces<T extends KubeObject>(informer: Informer<T>): (namespace: string | undefined) => readonly T[] {
  informer.index(NAMESPACE, ({ metadata }) => asList(metadata.namespace));
  return (namespace) => informer.by(NAMESPACE, namespace ?? '');
}

const NODE = 'controllers/node';

/** Finds the pods that are bound to a node. */
export function indexNodes(informer: Informer<Pod>): (node: string) => readonly Pod[] {
  informer.index(NODE, ({ spec }) => asList(spec.nodeName));
  return (node) => informer.by(NODE, node);
}
