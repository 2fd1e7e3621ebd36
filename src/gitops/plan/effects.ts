import { equalJson, isRecord } from '../../base/index.ts';
import { getPath, type FieldPath, type Manifest, type PodEffect } from '../../model/index.ts';
import { runsPods } from '../health/pods.ts';
import type { Step } from './steps.ts';

const NONE: PodEffect = { kind: 'none' };

/** What a step does to pods that run. */
export function effectOf(step: Step): PodEffect {
  if (!runsPods(step.target.kind) && !isPod(step.target.kind)) return NONE;
  switch (step.op) {
    case 'create':
    case 'hook':
      return startOf(step.after);
    case 'prune':
      return stopOf(step.before);
    case 'replace':
      return { kind: 'replace', pods: podsOf(step.before) };
    case 'update':
      return effectOfUpdate(step.before, step.after);
    case 'keep':
      return NONE;
  }
}

function effectOfUpdate(before: Manifest, after: Manifest): PodEffect {
  const [from, to] = [podsOf(before), podsOf(after)];
  const template: FieldPath = ['spec', 'template'];
  if (!equalJson(getPath(before, template), getPath(after, template)) && before.kind !== 'ReplicaSet') return { kind: 'restart', pods: to };
  return from === to ? NONE : { kind: 'scale', from, pods: to };
}

const startOf = (object: Manifest): PodEffect => ({ kind: 'start', pods: podsOf(object) });
const stopOf = (object: Manifest): PodEffect => ({ kind: 'stop', pods: podsOf(object) });

const isPod = ({ group, kind }: { group: string; kind: string }) => group === '' && kind === 'Pod';

/** How many it asks for; undefined where the nodes decide. */
function podsOf(object: Manifest): number | undefined {
  if (object.kind === 'DaemonSet') return undefined;
  if (object.kind === 'Pod') return 1;
  const count = getPath(object, ['spec', object.kind === 'Job' ? 'parallelism' : 'replicas']);
  return typeof count === 'number' ? count : 1;
}

/** `restarts 3 pods`; undefined when nothing happens to any. */
export function formatEffect(effect: PodEffect): string | undefined {
  const pods = effect.pods === undefined ? 'its pods' : effect.pods === 1 ? '1 pod' : `${effect.pods} pods`;
  switch (effect.kind) {
    case 'none':
      return undefined;
    case 'scale':
      return `scales from ${effect.from} to ${pods}`;
    case 'replace':
      return `ends ${pods} before it starts them anew`;
    default:
      return effect.pods === 0 ? undefined : `${effect.kind}s ${pods}`;
  }
}

/** The labels of the pods that a workload makes, or that a pod has. */
export function podLabels(object: Manifest): Readonly<Record<string, unknown>> {
  const labels = getPath(object, object.kind === 'Pod' ? ['metadata', 'labels'] : ['spec', 'template', 'metadata', 'labels']);
  return isRecord(labels) ? labels : {};
}

export function runsAny(object: Manifest): boolean {
  return podsOf(object) !== 0;
}
