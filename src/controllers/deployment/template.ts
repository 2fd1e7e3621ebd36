import { canonicalJson, equalJson } from '../../base/index.ts';
import {
  controllerReference,
  DEPLOYMENTS,
  type Deployment,
  type Labels,
  type PodTemplateSpec,
  type ReplicaSet,
} from '../../model/index.ts';
import { shortHash } from '../hash.ts';

export const HASH_LABEL = 'pod-template-hash';

const LONGEST_NAME = 253;

/** A short text for a template: the same for equal templates, another after each collision. */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  return shortHash(canonicalJson(template) + (collisions > 0 ? String(collisions) : ''));
}

/** Templates are compared without the label that tells them apart. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return equalJson(comparable(a), comparable(b));
}

function comparable({ metadata, spec }: PodTemplateSpec) {
  return { spec, labels: withoutHash(metadata?.labels), annotations: metadata?.annotations ?? {} };
}

export function withoutHash(labels: Labels | undefined): Labels {
  const { [HASH_LABEL]: _, ...others } = labels ?? {};
  return others;
}

/** A set for the Deployment's present template, still without pods. */
export function newReplicaSet(deployment: Deployment): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labelled = (labels: Labels | undefined) => ({ ...labels, [HASH_LABEL]: hash });
  const labels = labelled(template.metadata?.labels);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`,
      namespace: deployment.metadata.namespace!,
      labels,
      ownerReferences: [controllerReference(deployment, DEPLOYMENTS)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: labelled(selector.matchLabels) },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
