import { equalJson, messageOf } from '../../base/index.ts';
import {
  keyOf,
  matches,
  POD_DISRUPTION_BUDGETS,
  PODS,
  printSelector,
  selectorFrom,
  type KindRef,
  type KubeObject,
  type ObjectKey,
  type Pod,
  type PodDisruptionBudget,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNamespaces } from '../indexes.ts';
import { lookAgain, on, onEither, SETTLED, type Controller, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { countsByScale, decideBudget, failedBudget, notDeleted, type BudgetDecision } from './decide.ts';
import { SCALED, scaleOf } from './scale.ts';
import { isSpared, sparedReconciler } from './spared.ts';

/** Before the key of a pod that was to be disrupted. */
const SPARED = 'pod ';

export const disruptionController: Controller = {
  name: 'disruption',
  component: 'controllermanager',
  reads: [POD_DISRUPTION_BUDGETS, PODS, ...SCALED],
  concurrency: 4,
  start: (context) => {
    const [reconcileBudget, reconcilePod] = [disruptionReconciler(context), sparedReconciler(context)];
    const budgetsIn = indexNamespaces(context.client.informer(POD_DISRUPTION_BUDGETS));
    const keysFor = (pod: Pod) => {
      const known = budgetsIn(pod.metadata.namespace);
      return known.length > 0 ? known.filter((budget) => selects(budget, pod)).map(keyOf) : [];
    };
    const onScale = (kind: KindRef<KubeObject & { readonly spec: { readonly replicas?: number } }>) =>
      on(kind, ({ before, after }) =>
        before?.spec.replicas === after?.spec.replicas ? [] : budgetsIn((after ?? before)!.metadata.namespace).map(keyOf),
      );
    return {
      triggers: [
        on(POD_DISRUPTION_BUDGETS, ({ after }) => (after ? [keyOf(after)] : [])),
        onEither(PODS, keysFor),
        on(PODS, ({ after }) => (after && isSpared(after) ? [SPARED + keyOf(after)] : [])),
        ...SCALED.map(onScale),
      ],
      reconcile: (key, signal) => (key.startsWith(SPARED) ? reconcilePod(key.slice(SPARED.length), signal) : reconcileBudget(key, signal)),
    };
  },
};

/** An empty selector selects all pods of the namespace, none at all selects none. */
function selects({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean {
  const selector = selectorFrom(spec?.selector);
  return selector !== undefined && matches(selector, metadata.labels);
}

function unmanagedMessage({ spec }: PodDisruptionBudget): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${printSelector(spec?.selector)}) were found to be unmanaged. ` +
    'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  );
}

function disruptionReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const budgets = client.informer(POD_DISRUPTION_BUDGETS);
  const pods = client.informer(PODS);

  return async (key: ObjectKey): Promise<Outcome> => {
    const budget = budgets.get(key);
    if (!budget) return SETTLED;
    const about = { kind: POD_DISRUPTION_BUDGETS, object: budget };
    const selected = pods.list(budget.metadata.namespace).filter((pod) => selects(budget, pod));
    if (selected.length === 0 && !budget.status?.observedGeneration) events.event(about, 'Normal', 'NoPods', 'No matching pods found');
    let decision: BudgetDecision;
    try {
      const { wanted, unmanaged } = countsByScale(budget) ? await scaleOf(client, selected) : { wanted: 0, unmanaged: [] };
      if (unmanaged.length > 0) events.event(about, 'Warning', 'UnmanagedPods', unmanagedMessage(budget));
      decision = decideBudget(budget, selected, wanted, clock.now());
    } catch (error) {
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
      events.event(about, 'Warning', 'CalculateExpectedPodCountFailed', message);
      await writeStatus(budget, failedBudget(budget, messageOf(error), clock.now()));
      throw error;
    }
    for (const pod of notDeleted(budget, selected, clock.now())) {
      events.event({ kind: PODS, object: pod }, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`);
    }
    await writeStatus(budget, decision.status);
    const { lookAgainIn } = decision;
    return lookAgain([lookAgainIn], 'disrupted pods');
  };

  async function writeStatus(budget: PodDisruptionBudget, status: NonNullable<PodDisruptionBudget['status']>): Promise<void> {
    if (!equalJson(status, budget.status)) await client.updateStatus(POD_DISRUPTION_BUDGETS, { ...budget, status }).catch(ignoreNotFound);
  }
}
