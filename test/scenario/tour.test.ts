import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectlPath, Sandbox, type Daemon } from './sandbox.ts';

const run = promisify(execFile);

/** A person's first ten minutes: each step stands on the one before. */
describe.skipIf(!kubectlPath)('the tour, with real git and real kubectl', () => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;
  let daemon: Daemon;

  beforeAll(async () => {
    await sandbox.prepare();
    daemon = await sandbox.up();
  });
  afterAll(() => sandbox.close());

  const rolledOut = (name: string) => kubectl('rollout', 'status', `deployment/${name}`, '--timeout=30s');
  const podNames = async (app: string) => (await kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'name')).trim().split('\n').toSorted();
  const columns = async (...args: string[]) =>
    (await kubectl('get', ...args))
      .split('\n')[0]!
      .trim()
      .split(/\s{2,}/);

  /** Asks the Service as often as told, on a new connection each time. */
  async function ask(times: number): Promise<string[]> {
    const url = `http://${(await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}')).trim()}/`;
    const answers: string[] = [];
    for (let i = 0; i < times; i++) {
      answers.push(
        await new Promise<string>((resolve, reject) => {
          get(url, { agent: false }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
            response.on('end', () => resolve(text));
          }).on('error', reject);
        }),
      );
    }
    return answers;
  }

  test('says that it is ready, what it applied, where the kubeconfig lies and what to try', async () => {
    const output = daemon.output;
    expect(output).toMatch(/Deployment default\/web/);
    expect(output).toContain(join(sandbox.dataDir, 'kubeconfig'));
    expect(output.match(/^ {2}(kubectl|curl|\S*slipway) /gm)!.length).toBeGreaterThanOrEqual(3);
    await rolledOut('web');
    await rolledOut('clock');
  });

  test('kubectl lists everything with Kubernetes’ own columns', async () => {
    expect(await columns('nodes')).toEqual(['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION']);
    expect(await columns('deployments')).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(await columns('replicasets')).toEqual(['NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE']);
    expect(await columns('pods', '-o', 'wide')).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(await columns('services')).toEqual(['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE']);
    expect(await columns('events')).toEqual(['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']);
    expect(await kubectl('get', 'deployment', 'web')).toMatch(/web\s+3\/3\s+3\s+3/);
    expect(await kubectl('get', 'nodes')).toMatch(/\sReady\s/);
    expect(await kubectl('describe', 'deployment', 'web')).toMatch(/ScalingReplicaSet/);
  });

  test('kubectl shows the log of a pod', async () => {
    const [pod] = await podNames('web');
    expect(await kubectl('logs', pod!)).toMatch(/listening on 127\.\d+\.\d+\.\d+:8080/);
    expect(await kubectl('logs', pod!, '--tail=1', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z /);
  });

  test('the address of the Service answers, from different pods', async () => {
    const answers = await ask(30);
    expect(answers.every((answer) => answer.startsWith('Hello from Slipway'))).toBe(true);
    expect(new Set(answers).size).toBe(3);
  });

  test('a commit prints its plan, rolls out, and curl sees it', async () => {
    const watching = spawn(kubectlPath!, [
      '--kubeconfig',
      join(sandbox.dataDir, 'kubeconfig'),
      'get',
      'replicasets',
      '-l',
      'app=web',
      '-w',
      '--no-headers',
    ]);
    const seen: string[] = [];
    createInterface(watching.stdout).on('line', (line) => seen.push(line));

    sandbox.edit('web/server.yaml', (text) => text.replace('Hello from Slipway', 'Good morning'));
    const sha = await sandbox.commit('Say good morning');
    const line =
      sandbox.repository &&
      readFileSync(join(sandbox.repository, 'web/server.yaml'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('Good morning')) + 1;
    await daemon.line(new RegExp(`web ${sha}`));
    await daemon.line(new RegExp(`~ update Deployment default/web`));
    expect(await daemon.line(/@@/)).toContain(`web/server.yaml:${line}`);
    await daemon.line(/-.*Hello from Slipway/);
    await daemon.line(/\+.*Good morning/);
    await rolledOut('web');
    watching.kill();

    expect(new Set(await ask(20)).size).toBe(3);
    expect((await ask(20)).every((answer) => answer.startsWith('Good morning'))).toBe(true);
    const total = (line: string) => Number(line.trim().split(/\s+/)[2]);
    const newest = new Map<string, number>();
    for (const line of seen) {
      newest.set(line.trim().split(/\s+/)[0]!, total(line));
      expect(
        [...newest.values()].reduce((sum, n) => sum + n, 0),
        seen.join('\n'),
      ).toBeLessThanOrEqual(4);
    }
    expect(newest.size).toBe(2);
  });

  test('a deleted pod is replaced', async () => {
    const before = await podNames('web');
    await kubectl('delete', before[0]!);
    await rolledOut('web');
    const after = await podNames('web');
    expect(after).toHaveLength(3);
    expect(after).not.toContain(before[0]);
  });

  test('a killed process is started again', async () => {
    const [pod] = await podNames('clock');
    const pid = await processOf(sandbox, pod!);
    const watching = kubectl('wait', pod!, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=30s');
    process.kill(pid, 'SIGKILL');
    await watching;
    expect(await kubectl('get', pod!)).toMatch(/\s1 \(\d+s ago\)\s/);
  });

  test('a commit with broken YAML changes nothing and says where; the one that mends it goes on', async () => {
    const before = await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.resourceVersion}');
    sandbox.edit('web/server.yaml', (text) => text.replace('  replicas: 3', '  replicas: [3'));
    await sandbox.commit('Break it');
    expect(await daemon.line(/web\/server\.yaml:\d+/)).toMatch(/web\/server\.yaml:\d+:\d+.*\S/);
    const { stdout } = await sandbox.slipway('status', '--data-dir', sandbox.dataDir);
    expect(stdout).toMatch(/web\/server\.yaml:\d+/);
    expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.resourceVersion}')).toBe(before);

    sandbox.edit('web/server.yaml', (text) => text.replace('  replicas: [3', '  replicas: 2'));
    const sha = await sandbox.commit('Mend it, with two');
    await daemon.line(new RegExp(`web ${sha}`));
    await kubectl('wait', 'deployment/web', '--for=jsonpath={.status.replicas}=2', '--timeout=30s');
  });

  test('git revert brings the old ReplicaSet back, and the history shows the revisions', async () => {
    const first = (
      await kubectl('get', 'replicasets', '-l', 'app=web', '-o', 'jsonpath={.items[?(@.spec.replicas==0)].metadata.name}')
    ).trim();
    const old = await podNames('web');
    await sandbox.git('revert', '--no-edit', 'HEAD', 'HEAD~1', 'HEAD~2');
    await kubectl('wait', `replicaset/${first}`, '--for=jsonpath={.status.readyReplicas}=3', '--timeout=30s');
    await rolledOut('web');
    expect((await ask(10)).every((answer) => answer.startsWith('Hello from Slipway'))).toBe(true);
    const history = await kubectl('rollout', 'history', 'deployment/web');
    expect(history).toMatch(/^2\s.*Say good morning/m);
    expect(history).toMatch(/^3\s.*Revert "Say good morning"/m);
    await kubectl('wait', '--for=delete', ...old, '--timeout=30s');
  });

  test('Ctrl-C leaves the pods running and says so; the next start adopts them', async () => {
    // The check of the last sync takes its pod along, a moment after it has ended.
    await sandbox.slipway('status', '--wait', '--data-dir', sandbox.dataDir);
    await kubectl('wait', '--for=delete', 'pods', '-l', 'job-name=web-check', '--timeout=30s');
    const before = await kubectl(
      'get',
      'pods',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
    );
    const [pod] = await podNames('web');
    const pid = await processOf(sandbox, pod!);
    const url = (await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')).trim();
    expect(await daemon.interrupt()).toBe(0);
    expect(daemon.output).toMatch(/4 pods.*running/);
    expect(() => process.kill(pid, 0)).not.toThrow();

    daemon = await sandbox.up();
    expect(
      await kubectl(
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
      ),
    ).toBe(before);
    expect((await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')).trim()).toBe(url);
    await rolledOut('web');
    expect((await ask(5)).every((answer) => answer.startsWith('Hello'))).toBe(true);
  });

  test('a daemon that is killed loses nothing: the next one goes on', async () => {
    await daemon.kill();
    sandbox.edit('web/server.yaml', (text) => text.replace('  replicas: 3', '  replicas: 4'));
    await sandbox.commit('Four, while nobody looks');
    daemon = await sandbox.up();
    await kubectl('wait', 'deployment/web', '--for=jsonpath={.status.readyReplicas}=4', '--timeout=30s');
  });

  test('removing all manifests of an application prunes its objects, once a person agrees', async () => {
    writeFileSync(join(sandbox.repository, 'clock/clock.yaml'), '');
    await sandbox.git('rm', '--quiet', '--force', 'clock/clock.yaml');
    await sandbox.commit('No clock');
    await daemon.line(/is not pruned: 2 of 2 objects would be pruned, more than half; if that is meant: slipway approve clock/);
    expect(await sandbox.slipway('approve', 'clock', '--data-dir', sandbox.dataDir)).toMatchObject({ code: 0 });
    await daemon.line(/- prune +Deployment default\/clock/);
    await kubectl('wait', 'pods', '-l', 'app=clock', '--for=delete', '--timeout=30s');
    expect(await kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/web\n');
  });

  test('the journal is readable text that shows every step', async () => {
    const text = readdirSync(join(sandbox.dataDir, 'journal'))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(sandbox.dataDir, 'journal', name), 'utf8'))
      .join('');
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    for (const step of [
      'Say good morning',
      'Break it',
      'Mend it, with two',
      'Four, while nobody looks',
      'No clock',
      'deployment-controller',
      'ScalingReplicaSet',
    ]) {
      expect(text).toContain(step);
    }
    const log = await sandbox.slipway('log', '--data-dir', sandbox.dataDir, '--object', 'deployment/web');
    expect(log.stdout).toMatch(/Deployment.*web|deployments.*web/);
    expect((await sandbox.slipway('log', 'verify', '--data-dir', sandbox.dataDir)).code).toBe(0);
  });

  test('slipway plan says what a commit would change, with an exit code', async () => {
    expect((await sandbox.slipway('plan', '--data-dir', sandbox.dataDir)).code).toBe(0);
    const earlier = await sandbox.slipway('plan', '--data-dir', sandbox.dataDir, '--rev', 'HEAD~2');
    expect(earlier.code).toBe(2);
    expect(earlier.stdout).toMatch(/\+ create Deployment default\/clock/);
  });

  test('slipway down stops the pods', async () => {
    const [pod] = await podNames('web');
    const pid = await processOf(sandbox, pod!);
    const { code, stdout } = await sandbox.slipway('down', '--data-dir', sandbox.dataDir);
    expect(code).toBe(0);
    expect(stdout).toMatch(/stopped 4 pods/i);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await daemon.exited;
  });
});

/** The process of a pod's container, found as a person finds it: by what its container's ID says of the place it lies. */
async function processOf(sandbox: Sandbox, pod: string): Promise<number> {
  const uid = (await sandbox.kubectl('get', pod, '-o', 'jsonpath={.metadata.uid}')).trim();
  const { stdout } = await run('/bin/sh', ['-c', `cat ${join(sandbox.dataDir, 'pods')}/*${uid}*/*/*/pid`]);
  return Number(stdout.trim().split('\n').at(-1)!.split(' ')[0]);
}
