import { StatusError } from '../../base/index.ts';
import {
  formatTime,
  matches,
  NEVER_PROBED,
  POD_DISRUPTION_BUDGETS,
  PODS,
  selectorFrom,
  type Kind,
  type Manifest,
  type Pod,
  type PodDisruptionBudget,
} from '../../model/index.ts';
import type { Caller, DeleteQuery, Place, WriteQuery } from '../api.ts';
import { forbidden } from '../refusals.ts';
import { putUpdate, type Verbs } from './commit.ts';
import { collectionOf } from './place.ts';
import { getEntry } from './read.ts';
import { checkPreconditions, deleteObject, admitDelete } from './remove.ts';

/** `policy/v1 Eviction`. */
interface Eviction extends Manifest {
  readonly deleteOptions?: Omit<DeleteQuery, 'dryRun'> & { readonly dryRun?: readonly string[] };
}

type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
/** No budget holds them back. */
const COUNT_FOR_NOTHING: ReadonlySet<string | undefined> = new Set(['Pending', 'Succeeded', 'Failed']);
/** Pods whose eviction the budget's controller has not seen yet. */
const MOST_DISRUPTED = 2000;

/** Deletes a pod where its disruption budget allows that; the budget counts it in the same turn. */
export function evict(verbs: Verbs, { kind, namespace, name }: Place, body: Manifest, asked: WriteQuery, caller: Caller): void {
  const { metadata, deleteOptions = {} } = body as Eviction;
  const { dryRun = [], preconditions, ...options } = deleteOptions;
  const place = { kind, namespace, name };
  // Clients that only try it out say so in either place.
  const query = { ...asked, dryRun: asked.dryRun || dryRun.includes('All') };
  if (metadata?.name && metadata.name !== place.name) {
    throw new StatusError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  const live = getEntry(verbs.store, place);
  checkPreconditions(place, live, { preconditions });
  admitDelete(verbs, place, live, query, caller);
  const pod = live.value as unknown as Pod;
  if (!COUNT_FOR_NOTHING.has(pod.status?.phase) && !pod.metadata.deletionTimestamp) spend(verbs, pod, query, caller);
  if (!pod.metadata.deletionTimestamp) tellWhy(verbs, place, query, caller);
  deleteObject(verbs, place, { ...options, ...query, hearing: undefined }, caller);
}

function spend(verbs: Verbs, pod: Pod, query: WriteQuery, caller: Caller): void {
  const { namespace, labels, name } = pod.metadata;
  const budgets = verbs.store.list(collectionOf(POD_DISRUPTION_BUDGETS, namespace)).entries.filter(({ value }) => {
    const selector = selectorFrom((value as unknown as PodDisruptionBudget).spec?.selector);
    return selector !== undefined && matches(selector, labels);
  });
  if (budgets.length > 1) {
    throw new StatusError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const [entry] = budgets;
  if (!entry) return;
  const kind = verbs.kinds.served(POD_DISRUPTION_BUDGETS)!;
  const live = getEntry(verbs.store, { kind, namespace, name: (entry.value as Manifest).metadata.name });
  const budget = live.value as unknown as PodDisruptionBudget;
  if (isSpare(budget, pod)) return;
  const status = allowing(kind, budget);
  const spent = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: status.disruptionsAllowed - 1,
      disruptedPods: { ...status.disruptedPods, [name]: formatTime(verbs.clock.now()) },
    },
  };
  putUpdate(verbs, kind, live, spent as unknown as Manifest, { query, caller, verb: 'update' });
}

/** A pod that is not ready counts for nothing: it may go when the others suffice, or in any case where the budget says so. */
function isSpare({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (pod.status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status !== undefined && status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
}

function allowing(kind: Kind, { metadata, status }: PodDisruptionBudget): BudgetStatus {
  const { name } = metadata;
  if (!status || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (status.disruptionsAllowed < 0) throw forbidden(kind, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > MOST_DISRUPTED) {
    throw forbidden(kind, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (status.disruptionsAllowed === 0) throw refused(whyNone(name, status));
  return status;
}

/** The counts of a budget whose controller failed are those of an earlier time. */
function whyNone(name: string, { desiredHealthy, currentHealthy, conditions }: BudgetStatus): string {
  const condition = conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const said = condition?.status === 'False' && condition.message ? condition : undefined;
  const none = `The disruption budget ${name} does not allow evicting pods currently`;
  if (said?.reason === 'SyncFailed') return `${none} because it failed sync: ${said.message}`;
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return said ? `${none} (${said.reason}): ${said.message}` : none;
}

function refused(why: string, retryAfterSeconds?: number): StatusError {
  const causes = [{ reason: 'DisruptionBudget', message: why }];
  return new StatusError('TooManyRequests', REFUSED, { causes, ...(retryAfterSeconds ? { retryAfterSeconds } : {}) });
}

/** Says on the pod why it goes. */
function tellWhy(verbs: Verbs, place: Place, query: WriteQuery, caller: Caller): void {
  const kind = verbs.kinds.served(PODS)!;
  const live = getEntry(verbs.store, place);
  const pod = live.value as unknown as Pod;
  const now = formatTime(verbs.clock.now());
  const target = {
    ...NEVER_PROBED,
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
  };
  const others = pod.status?.conditions?.filter(({ type }) => type !== target.type) ?? [];
  const told = { ...pod, status: { ...pod.status, conditions: [...others, target] } };
  putUpdate(verbs, kind, live, told as unknown as Manifest, { query, caller, verb: 'update' });
}
