import { equalJson, isRecord } from '../../base/index.ts';
import { formatPath, getPath, splitApiVersion, type Manifest } from '../../model/index.ts';
import { formatTarget } from '../desired/identity.ts';
import { runsPods } from '../health/pods.ts';
import { MANAGER } from './changes.ts';
import { podLabels, runsAny } from './effects.ts';
import { fieldsOf } from './ignore.ts';
import type { Step } from './steps.ts';

/** What a person should know before a plan is applied. */
export function warningsOf(steps: readonly Step[]): readonly string[] {
  return [...steps.flatMap(warningsOfStep), ...lostEndpoints(steps)];
}

const TAKES_ALONG: Readonly<Record<string, string>> = {
  Namespace: 'everything in it goes too',
  PersistentVolumeClaim: 'its data may go too',
  CustomResourceDefinition: 'all objects of its kind go too',
};

function warningsOfStep(step: Step): readonly string[] {
  if (step.op === 'prune') {
    const along = TAKES_ALONG[step.target.kind.kind];
    return along ? [`${formatTarget(step.target)} is removed: ${along}`] : [];
  }
  if (step.op === 'replace') return [`${formatTarget(step.target)} is deleted and made anew: ${step.because}`];
  return step.op === 'update' ? takenOver(step) : [];
}

/** Fields whose value somebody else has set, and that are overwritten. */
function takenOver({ before, fields, target }: Extract<Step, { op: 'update' }>): readonly string[] {
  const managers = new Set((before.metadata.managedFields ?? []).flatMap(({ manager }) => (manager === MANAGER ? [] : [manager])));
  return [...managers].flatMap((manager) => {
    const owned = fieldsOf(before, manager);
    const taken = fields.filter(({ path, before: value }) => value !== undefined && owned.some((field) => equalJson(field, path)));
    const names = taken.map(({ path }) => formatPath(path)).join(', ');
    return taken.length > 0 ? [`${formatTarget(target)}: ${names} was set by ${manager}, and is overwritten`] : [];
  });
}

/** Services that had pods to lead to, and will have none of this application. */
function lostEndpoints(steps: readonly Step[]): readonly string[] {
  const changing = steps.filter(({ op }) => op !== 'keep');
  const changed = changing.flatMap(beforeOf);
  if (changed.length === 0) return [];
  const services = changing.some(({ target }) => target.kind.kind === 'Service');
  const suspects = steps.filter((step) => {
    if (step.op === 'create' || step.op === 'hook' || step.op === 'prune' || !isService(afterOf(step)[0]!)) return false;
    return (services && step.op !== 'keep') || leadsTo(beforeOf(step)[0]!, changed);
  });
  if (suspects.length === 0) return [];
  const [was, is] = [steps.flatMap(beforeOf), steps.flatMap(afterOf)];
  return suspects.flatMap((step) => {
    const [before, after] = [beforeOf(step)[0]!, afterOf(step)[0]!];
    if (!leadsTo(before, was) || !selects(after) || leadsTo(after, is)) return [];
    return [`${formatTarget(step.target)} will have no endpoints: none of the pods that remain has the labels that it selects`];
  });
}

function beforeOf(step: Step): readonly Manifest[] {
  if (step.op === 'keep') return [step.live];
  return 'before' in step ? [step.before] : [];
}

function afterOf(step: Step): readonly Manifest[] {
  if (step.op === 'keep') return [step.live];
  return step.op === 'prune' || step.op === 'hook' ? [] : [step.after];
}

const isService = ({ apiVersion, kind }: Manifest) => apiVersion === 'v1' && kind === 'Service';

/** Without a selector somebody else says where it leads. */
function selects(service: Manifest): boolean {
  const selector = getPath(service, ['spec', 'selector']);
  return isRecord(selector) && Object.keys(selector).length > 0;
}

/** Whether pods of these workloads are what the Service selects. */
function leadsTo(service: Manifest, workloads: readonly Manifest[]): boolean {
  if (!selects(service)) return false;
  const selector = Object.entries(getPath(service, ['spec', 'selector']) as Record<string, unknown>);
  return workloads.some((object) => {
    if (object.metadata.namespace !== service.metadata.namespace) return false;
    if (!runsPods({ group: splitApiVersion(object.apiVersion).group, kind: object.kind }) && object.kind !== 'Pod') return false;
    const labels = podLabels(object);
    return selector.every(([name, value]) => labels[name] === value) && runsAny(object);
  });
}
