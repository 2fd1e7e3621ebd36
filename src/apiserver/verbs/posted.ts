import { oncePerObject, ownMember, sharing, StatusError } from '../../base/index.ts';
import {
  formatTime,
  NEVER_PROBED,
  PODS,
  resourceName,
  withoutNomination,
  type Binding,
  type Condition,
  type Kind,
  type Manifest,
  type Pod,
} from '../../model/index.ts';
import { withTopology } from '../admission/index.ts';
import type { Caller, Place, WriteQuery, Written } from '../api.ts';
import { conflict } from '../refusals.ts';
import { putUpdate, unstored, type Verbs } from './commit.ts';
import { evict } from './evict.ts';
import { hearOthers } from './heard.ts';
import { checkNewNamespace } from './identity.ts';
import { getEntry } from './read.ts';
import { surroundingsOf } from './surroundings.ts';

type Act = (verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller) => Written;

/** Where something is posted that is no version of an object itself, by resource and subresource, and what comes of it. */
const POSTED: Readonly<Record<string, Readonly<Record<string, Act>>>> = {
  pods: {
    binding: bind,
    eviction: (verbs, place, body, query, caller) => {
      evict(verbs, place, body, query, caller);
      return success(201);
    },
  },
  bindings: { '': bindByName },
};

const actsOf = oncePerObject((kind: Kind) => ownMember(POSTED, resourceName(kind)));

export const postedTo = ({ kind, subresource = '' }: Place): Act | undefined => actsOf(kind)?.[subresource];

/** Webhooks are asked about what is posted as it is, before anything comes of it. */
export function posted(verbs: Verbs, act: Act, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { name = body.metadata.name } = place;
  const told = hearOthers(verbs, { ...place, name }, { operation: 'CREATE', object: body }, query, caller);
  const written = act(verbs, place, body, query, caller);
  return told.length === 0 ? written : { ...written, warnings: [...told, ...written.warnings] };
}

const success = (code: 200 | 201): Written => ({
  found: unstored({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code } as unknown as Manifest, undefined),
  code,
  warnings: [],
});

/** The older way: the pod is named in the body alone. */
function bindByName(verbs: Verbs, { namespace }: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { name } = body.metadata;
  const kind = verbs.kinds.served(PODS)!;
  const place = { kind, namespace, name };
  if (!name) throw new StatusError('BadRequest', 'metadata.name: Required value: the name of the pod');
  checkNewNamespace(place, body.metadata);
  return bind(verbs, place, body, query, caller);
}

/** Gives a pod its node, once. What a binding sets belongs to nobody. */
function bind(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const live = getEntry(verbs.store, place);
  const pod = live.value as unknown as Pod;
  const node = (body as unknown as Binding).target?.name;
  if (!node) throw new StatusError('BadRequest', 'target.name: Required value');
  if (body.metadata?.name && body.metadata.name !== place.name)
    throw new StatusError('BadRequest', 'name in URL does not match name in Binding object');
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, place.name!, why);
  if (body.metadata?.uid && body.metadata.uid !== pod.metadata.uid) throw refuse('the UID in the binding is not that of the pod');
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${place.name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${place.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${place.name} has non-empty .spec.schedulingGates`);
  const others = pod.status?.conditions?.filter((condition) => condition.type !== 'PodScheduled') ?? [];
  const scheduled = { ...NEVER_PROBED, type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(verbs.clock.now()) } as const;
  const bound = {
    ...pod,
    metadata: withMarksOf(body, pod.metadata),
    spec: { ...pod.spec, nodeName: node },
    status: { ...withoutNomination(pod.status), conditions: shared([...others, scheduled]) },
  };
  const placed = withTopology(bound as Pod, node, surroundingsOf(verbs)) as unknown as Manifest;
  putUpdate(verbs, place.kind, live, placed, { query, caller, verb: 'binding' });
  return success(201);
}

/** Pods that get their nodes in one second share what is said of it. */
const shared = sharing<readonly Condition[]>();

/** What the binding says in annotations and labels is for the pod. */
function withMarksOf({ metadata }: Manifest, of: Pod['metadata']): Pod['metadata'] {
  const { annotations, labels } = metadata ?? {};
  if (!annotations && !labels) return of;
  return {
    ...of,
    ...(annotations ? { annotations: { ...of.annotations, ...annotations } } : {}),
    ...(labels ? { labels: { ...of.labels, ...labels } } : {}),
  };
}
