/** From a commit to running pods, as a person has it: a real daemon, real git, the sample manifests. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { httpClient, loadKubeconfig } from '../../src/client/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { DEPLOYMENTS } from '../../src/model/index.ts';
import { Sandbox } from '../scenario/sandbox.ts';
import { heading, show } from './report/index.ts';

const ROUNDS = 7;

const sandbox = new Sandbox();
try {
  heading('from a commit to running pods');
  await sandbox.prepare();
  // A sync that waits for its check says nothing of the application that is measured.
  rmSync(join(sandbox.repository, 'web/check.yaml'));
  await sandbox.commit('Without its check');
  const starts: number[] = [];
  let daemon = await timed(starts, () => sandbox.up());
  show('slipway up, empty data directory', starts, 'ms');

  const again: number[] = [];
  for (let i = 0; i < 3; i++) {
    await daemon.interrupt();
    daemon = await timed(again, () => sandbox.up());
  }
  show('slipway up, adopting four pods', again, 'ms');

  const client = httpClient(loadKubeconfig({ path: join(sandbox.dataDir, 'kubeconfig') }), { manager: 'bench', clock: systemClock });
  const [planned, applied, ready]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < ROUNDS; i++) {
    sandbox.edit('web/server.yaml', (text) => text.replace(/value: Hello.*/, `value: Hello ${i}`));
    await sandbox.git('add', '--all');
    const began = performance.now();
    // Before git returns the ref has moved: what is measured includes the end of `git commit` itself.
    execFileSync('git', ['commit', '--quiet', '-m', `Hello ${i}`], { cwd: sandbox.repository });
    const committed = performance.now();
    await daemon.line(/~ update Deployment default\/web/);
    planned.push(performance.now() - committed);
    await daemon.line(/web: \d+ changes? applied/);
    applied.push(performance.now() - committed);
    await rolledOut(`Hello ${i}`);
    ready.push(performance.now() - began);
  }
  show('git commit has returned to plan printed', planned, 'ms');
  show('git commit has returned to applied', applied, 'ms');
  show('git commit begun to all three new pods Ready', ready, 'ms');

  const pid = (JSON.parse(readFileSync(join(sandbox.dataDir, 'running.json'), 'utf8')) as { pid: number }).pid;
  const idle = await idleFor(10_000, pid);
  show('resident memory, idle', [idle.megabytes], 'MB');
  show('processor time in 10 idle seconds', [idle.cpuMs], 'ms');
  show('bytes written to disk in 10 idle seconds', [idle.written], 'B');
  await client.close();

  async function rolledOut(message: string): Promise<void> {
    const { items, resourceVersion } = await client.list(DEPLOYMENTS, { namespace: 'default', fieldSelector: 'metadata.name=web' });
    if (isDone(items[0]!, message)) return;
    const end = new AbortController();
    for await (const event of client.watch(
      DEPLOYMENTS,
      { namespace: 'default', fieldSelector: 'metadata.name=web', resourceVersion },
      end.signal,
    )) {
      if (event.type === 'MODIFIED' && isDone(event.object, message)) break;
    }
    end.abort();
  }
} finally {
  await sandbox.close();
}

type Rolling = NonNullable<typeof DEPLOYMENTS.example>;

function isDone({ metadata, spec, status }: Rolling, message: string): boolean {
  const says = spec.template.spec.containers[0]!.env?.some(({ value }) => value === message);
  const all = [status?.updatedReplicas, status?.availableReplicas, status?.replicas].every((count) => count === spec.replicas);
  return Boolean(says) && status?.observedGeneration === metadata.generation && all;
}

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  into.push(performance.now() - began);
  return result;
}

async function idleFor(ms: number, pid: number): Promise<{ megabytes: number; cpuMs: number; written: number }> {
  await systemClock.sleep(3000);
  const before = usage(pid);
  await systemClock.sleep(ms);
  const after = usage(pid);
  return { megabytes: after.kilobytes / 1024, cpuMs: (after.ticks - before.ticks) * 10, written: after.written - before.written };
}

function usage(pid: number): { kilobytes: number; ticks: number; written: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return {
    kilobytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]),
    ticks: Number(stat[11]) + Number(stat[12]),
    written: Number(/write_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]),
  };
}
