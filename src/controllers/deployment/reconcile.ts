import { equalJson, isStatus, messageOf } from '../../base/index.ts';
import {
  controllerOf,
  DEPLOYMENTS,
  PODS,
  REPLICA_SETS,
  selectorFrom,
  type Deployment,
  type DeploymentStatus,
  type ObjectKey,
  type ReplicaSet,
} from '../../model/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { deadlineOf, say } from './conditions.ts';
import { decideDeployment, type Decision } from './decide.ts';
import { REVISION } from './revision.ts';
import { decideRollback, type Rollback } from './rollback.ts';
import { sizeOf } from './sets.ts';
import { isSameTemplate } from './template.ts';

export function deploymentReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const deployments = client.informer(DEPLOYMENTS);
  const setsBy = indexControlled(client.informer(REPLICA_SETS));
  const podsBy = indexControlled(client.informer(PODS));

  return async (key: ObjectKey): Promise<Outcome> => {
    const deployment = deployments.get(key);
    if (!deployment) return SETTLED;
    const selector = selectorFrom(deployment.spec.selector) ?? [];
    if (selector.length === 0) return refuse(deployment);
    const candidates = [...setsBy.of(deployment.metadata.uid!), ...setsBy.orphans(deployment.metadata.namespace!)];
    const sets = await claim(
      { client, kind: DEPLOYMENTS, owner: deployment },
      REPLICA_SETS,
      decideClaims(deployment, selector, candidates),
    );
    const rollback = decideRollback(deployment, sets);
    if (rollback) return rollBack(rollback);
    const decision = decideDeployment({ deployment, sets, podsOf: (set) => podsBy.of(set.metadata.uid!) }, clock.now());
    try {
      await act(deployment, decision);
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      throw error;
    }
    const { lookAgainIn } = decision;
    return lookAgain([lookAgainIn], 'progress deadline');
  };

  /** Whose new template is for the next turn: the sets' numbers change with it. */
  async function rollBack({ deployment, event }: Rollback): Promise<Outcome> {
    await client.update(DEPLOYMENTS, deployment);
    events.event({ kind: DEPLOYMENTS, object: deployment }, event.type, event.reason, event.message);
    return SETTLED;
  }

  async function act(deployment: Deployment, decision: Decision): Promise<void> {
    if (decision.create) await createSet(deployment, decision.create);
    for (const { before, after } of decision.change) {
      await client.update(REPLICA_SETS, after);
      tellOfScaling(deployment, after, sizeOf(before));
    }
    for (const { metadata } of decision.remove) {
      const { name, namespace, uid, resourceVersion } = metadata;
      await client.delete({ kind: REPLICA_SETS, name, namespace }, { preconditions: { uid, resourceVersion } }).catch(ignoreNotFound);
    }
    await writeStatus(deployment, decision.status, decision.revision);
  }

  async function createSet(deployment: Deployment, set: ReplicaSet): Promise<void> {
    try {
      await client.create(REPLICA_SETS, set);
      tellOfScaling(deployment, set, 0);
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) await countCollision(deployment, set);
      else if (!isNamespaceTerminating(error)) await tellOfFailure(deployment, set, error);
      throw error;
    }
  }

  /** Another set has the name: the next hash is another. The Deployment's own set has only not been seen yet. */
  async function countCollision(deployment: Deployment, { metadata, spec }: ReplicaSet): Promise<void> {
    const there = await client.get(REPLICA_SETS, metadata.name, metadata.namespace);
    if (controllerOf(there)?.uid === deployment.metadata.uid && isSameTemplate(there.spec.template, spec.template)) return;
    await writeStatus(deployment, { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 });
  }

  async function tellOfFailure(deployment: Deployment, set: ReplicaSet, error: unknown): Promise<void> {
    const message = `Failed to create new replica set ${JSON.stringify(set.metadata.name)}: ${messageOf(error)}`;
    events.event({ kind: DEPLOYMENTS, object: deployment }, 'Warning', 'ReplicaSetCreateError', message);
    if (deadlineOf(deployment) === undefined) return;
    const failed = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message } as const;
    await writeStatus(deployment, { ...deployment.status, conditions: say(deployment.status?.conditions ?? [], failed, clock.now()) });
  }

  function tellOfScaling(deployment: Deployment, set: ReplicaSet, from: number): void {
    const to = sizeOf(set);
    if (to === from) return;
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`;
    events.event({ kind: DEPLOYMENTS, object: deployment }, 'Normal', 'ScalingReplicaSet', message);
  }

  /** The revision annotation goes with the status, whose writes do not raise the generation. */
  async function writeStatus(deployment: Deployment, status: DeploymentStatus, revision?: string): Promise<void> {
    const { annotations } = deployment.metadata;
    const isNumbered = revision === undefined || annotations?.[REVISION] === revision;
    if (isNumbered && equalJson(status, deployment.status)) return;
    const metadata = isNumbered ? deployment.metadata : { ...deployment.metadata, annotations: { ...annotations, [REVISION]: revision } };
    await client.updateStatus(DEPLOYMENTS, { ...deployment, metadata, status }).catch(ignoreNotFound);
  }

  async function refuse(deployment: Deployment): Promise<Outcome> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    events.event({ kind: DEPLOYMENTS, object: deployment }, 'Warning', 'SelectingAll', message);
    await writeStatus(deployment, { ...deployment.status, observedGeneration: deployment.metadata.generation });
    return { kind: 'stalled', reason: 'SelectsEverything' };
  }
}
