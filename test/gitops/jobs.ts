import { formatYaml } from '../../src/base/index.ts';
import { JOBS, type Job } from '../../src/model/index.ts';
import type { RunningPipeline } from './running.ts';

const ARGO = 'argocd.argoproj.io/';

export const jobFile = (name: string, annotations: Readonly<Record<string, string>>) =>
  formatYaml({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
  });
export const hookFile = (name: string, phase: string, rest: Readonly<Record<string, string>> = {}) =>
  jobFile(name, { [`${ARGO}hook`]: phase, ...rest });

export const jobOf = async (running: RunningPipeline, name: string): Promise<Job | undefined> =>
  (await running.client.list(JOBS, { namespace: 'default' })).items.find(({ metadata }) => metadata.name === name);

/** As the controller and the kubelet would say it. */
export async function endJobOf(running: RunningPipeline, name: string, type: 'Complete' | 'Failed'): Promise<void> {
  await running.until(`${name} is there`, async () => (await jobOf(running, name)) !== undefined);
  const now = new Date(running.plane.clock.now()).toISOString().replace(/\.\d+/, '');
  const condition = {
    type,
    status: 'True' as const,
    lastTransitionTime: now,
    ...(type === 'Failed' ? { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' } : {}),
  };
  const before = { ...condition, type: type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget' };
  const one = (await jobOf(running, name))!;
  const started = { ...one, status: { startTime: now, conditions: [before] } } as Job;
  await running.client.updateStatus(JOBS, started);
  const ended = {
    ...started.status,
    ...(type === 'Complete' ? { completionTime: now, succeeded: 1 } : { failed: 1 }),
    conditions: [before, condition],
  };
  await running.client.updateStatus(JOBS, { ...(await jobOf(running, name))!, status: ended } as Job);
}
