import type { Job, Pod, PodFailurePolicyRule } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';
import { containersOf } from './facts.ts';

export interface PolicyVerdict {
  readonly action: PodFailurePolicyRule['action'];
  readonly message: string;
}

/** What the first rule that fits says of a failed pod; without one it counts. */
export function judgeFailure({ spec }: Job, pod: Pod): PolicyVerdict {
  for (const [place, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const found = exitOf(rule, pod) ?? conditionFor(rule, pod);
    if (found) return { action: rule.action, message: `${found} matching ${rule.action} rule at index ${place}` };
  }
  return { action: 'Count', message: '' };
}

function exitOf({ onExitCodes: asked }: PodFailurePolicyRule, pod: Pod): string | undefined {
  if (!asked) return undefined;
  const fits = (code: number) => code !== 0 && asked.values.includes(code) === (asked.operator === 'In');
  const container = containersOf(pod).find(
    ({ name, state }) => (asked.containerName ?? name) === name && state?.terminated && fits(state.terminated.exitCode),
  );
  const { name, namespace } = pod.metadata;
  return (
    container && `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state!.terminated!.exitCode}`
  );
}

function conditionFor({ onPodConditions: asked = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const found = asked.find(({ type, status = 'True' }) => conditionOf(pod.status?.conditions, type)?.status === status);
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`;
}
