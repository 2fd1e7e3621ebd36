import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../model/index.ts';
import type { EventType } from '../../status/index.ts';
import { annotationsOnReturn, nextRevision, revisionOf, ROLLBACK_TO } from './revision.ts';
import { sortOut, type Sets } from './sets.ts';
import { isSameTemplate, withoutHash } from './template.ts';

export interface Rollback {
  /** Without the wish, whatever came of it. */
  readonly deployment: Deployment;
  readonly event: { readonly type: EventType; readonly reason: string; readonly message: string };
}

/** Where the Deployment's annotation asks for an earlier template. A paused Deployment waits with it. */
export function decideRollback(deployment: Deployment, sets: readonly ReplicaSet[]): Rollback | undefined {
  const wished = deployment.metadata.annotations?.[ROLLBACK_TO] ?? '';
  if (!/^[+-]?\d+$/.test(wished) || deployment.spec.paused || deployment.metadata.deletionTimestamp) return undefined;
  return returnTo(Number(wished), deployment, sortOut(deployment, sets));
}

function returnTo(wished: number, deployment: Deployment, { current, old }: Sets): Rollback {
  const { name } = deployment.metadata;
  const next = nextRevision(old);
  const present = Math.max(next, current ? revisionOf(current) : 0);
  const revision = wished === 0 ? next - 1 : wished;
  if (revision === 0) return giveUp(deployment, 'RevisionNotFound', 'Unable to find last revision.');
  const target = old.find((set) => revisionOf(set) === revision);
  if (revision === present || (target && isSameTemplate(target.spec.template, deployment.spec.template)))
    return giveUp(deployment, 'TemplateUnchanged', `The rollback revision contains the same template as current deployment "${name}"`);
  if (!target) return giveUp(deployment, 'RevisionNotFound', 'Unable to find the revision to rollback to.');
  const message = `Rolled back deployment "${name}" to revision ${revision}`;
  return { deployment: returned(deployment, target), event: { type: 'Normal', reason: 'DeploymentRollback', message } };
}

function giveUp(deployment: Deployment, why: 'RevisionNotFound' | 'TemplateUnchanged', message: string): Rollback {
  return { deployment: withoutWish(deployment), event: { type: 'Warning', reason: `DeploymentRollback${why}`, message } };
}

/** With the annotations that the set was given: it would else be given those of the template that is left. */
function returned(deployment: Deployment, set: ReplicaSet): Deployment {
  const { metadata, spec } = deployment;
  const annotations = annotationsOnReturn(deployment, set);
  return withoutWish({ ...deployment, metadata: { ...metadata, annotations }, spec: { ...spec, template: ownTemplate(set) } });
}

function ownTemplate({ spec: { template } }: ReplicaSet): PodTemplateSpec {
  return { ...template, metadata: { ...template.metadata, labels: withoutHash(template.metadata?.labels) } };
}

function withoutWish(deployment: Deployment): Deployment {
  const { [ROLLBACK_TO]: _, ...annotations } = deployment.metadata.annotations ?? {};
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}
