import { dns1123Label } from '../../meta/index.ts';
import { NAMESPACES, type Namespace } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { ALL_VERBS, declareKind } from '../declare.ts';
import { finalizerProblems } from '../rules/metadata.ts';

/** Its own name as a label, so that selectors of namespaces can name one. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

const withNameLabel = (namespace: Namespace): Namespace => {
  const { metadata } = namespace;
  if (!metadata.name || metadata.labels?.[NAME_LABEL] === metadata.name) return namespace;
  return { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, [NAME_LABEL]: metadata.name } } };
};

export const NAMESPACE = declareKind<Namespace>({
  ref: NAMESPACES,
  schema: { definition: 'core.v1.Namespace' },
  name: dns1123Label,
  shortNames: ['ns'],
  subresources: ['status', 'finalize'],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  defaults: withNameLabel,
  initialStatus: () => ({ phase: 'Active' }),
  /** Emptied by whoever deletes what is in it: the namespace is gone when this finalizer is. */
  prepareCreate: (namespace) => {
    const finalizers = namespace.spec?.finalizers ?? [];
    return { ...namespace, spec: { ...namespace.spec, finalizers: [...finalizers.filter((name) => name !== 'kubernetes'), 'kubernetes'] } };
  },
  prepareUpdate: (namespace, old) => ({ ...namespace, spec: { ...namespace.spec, ...old.spec } }),
  validate: ({ spec }) => (spec?.finalizers ?? []).flatMap((name) => finalizerProblems(name, ['spec', 'finalizers'])),
  columns: [NAME, textColumn('Status'), AGE],
  row: (namespace, clock) => [namespace.metadata.name, namespace.status?.phase ?? '', ageOf(namespace, clock)],
  selectable: { 'status.phase': ({ status }) => status?.phase ?? '' },
});
