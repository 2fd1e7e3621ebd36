import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Containerd, noContainers } from '../tools/containerd.ts';
import { BUSYBOX_IMAGE, nodeImage } from '../tools/images.ts';
import { GREEDY, LATE, READER, shellPod, WAIT, WAITING, WEB, WRITER } from './containers/manifests.ts';
import { Daemon, kubectlPath } from './sandbox.ts';

const run = promisify(execFile);
const why = noContainers ?? (kubectlPath ? undefined : 'kubectl is not installed');

describe.skipIf(why)(`containers, with real kubectl${why ? ` (not tried: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-containers-'));
  const dataDir = join(folder, 'data');
  let containerd: Containerd;
  let daemon: Daemon;

  beforeAll(async () => {
    containerd = await Containerd.start([BUSYBOX_IMAGE, nodeImage()]);
    await up();
    await apply(...WEB);
  });
  afterAll(async () => {
    await down().finally(() => containerd.close());
    rmSync(folder, { recursive: true, force: true });
  });

  async function up(): Promise<void> {
    const place = ['--data-dir', dataDir, '--listen', '127.0.0.1:0', '--no-ingress'];
    daemon = new Daemon(['up', '--runtime', 'cri', '--cri-socket', containerd.socket, ...place], folder);
    await daemon.line(/Ready in/);
  }

  async function down(): Promise<void> {
    await daemon.interrupt();
    await run(join(import.meta.dirname, '../../src/cli/slipway'), ['down', '--data-dir', dataDir]);
  }

  const config = () => ['--kubeconfig', join(dataDir, 'kubeconfig')];
  const kubectl = async (...args: string[]) => (await run(kubectlPath!, [...config(), ...args], { maxBuffer: 2 ** 26 })).stdout;
  const until = (what: string, ...on: string[]) => kubectl('wait', `--for=${what}`, '--timeout=30s', ...on);
  const field = (path: string, ...of: string[]) => kubectl('get', ...of, '-o', `jsonpath=${path}`);

  async function apply(...objects: object[]): Promise<void> {
    const file = join(folder, 'manifest.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await kubectl('apply', '-f', file);
  }

  /** Runs kubectl with an input, and gives what it says and its exit code. */
  function typed(input: string, ...args: string[]): Promise<{ out: string; code: number | null }> {
    const child = spawn(kubectlPath!, [...config(), ...args]);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stdin.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ out, code })));
  }

  /** A command that prints until there is no more. */
  function following(...args: string[]): { readonly begun: Promise<void>; readonly out: Promise<string> } {
    const { stdout } = spawn(kubectlPath!, [...config(), ...args]);
    let out = '';
    stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    return {
      begun: new Promise((resolve) => stdout.once('data', () => resolve())),
      out: new Promise((resolve) => stdout.once('close', () => resolve(out))),
    };
  }

  const webPods = async () => (await field('{.items[*].metadata.name}', 'pods', '-l', 'app=web')).split(' ').toSorted();
  const addressOf = (pod: string) => field('{.status.podIP}', 'pod', pod);

  test('three replicas answer, each at its own address, with a secret of theirs', async () => {
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    for (const pod of await webPods()) expect(await fetched(`http://${await addressOf(pod)}:8080/`)).toBe(`${pod} sesame`);
    const service = await field('{.spec.clusterIP}', 'service', 'web');
    expect((await fetched(`http://${service}/`)).endsWith(' sesame')).toBe(true);
  });

  test('the node tells of its runtime, and of the images that it has', async () => {
    expect(await field('{.items[0].status.nodeInfo.containerRuntimeVersion}', 'nodes')).toMatch(/^containerd:\/\/\d/);
    expect(await field('{.items[0].status.images[*].names[*]}', 'nodes')).toContain(nodeImage().name);
  });

  test('a container that crashes starts anew, and both logs can be read', async () => {
    const [pod] = await webPods();
    await fetched(`http://${await addressOf(pod!)}:8080/crash`).catch(() => {});
    await until('jsonpath={.status.containerStatuses[0].restartCount}=1', `pod/${pod}`);
    await until('condition=Ready', `pod/${pod}`);
    expect(await field('{.status.containerStatuses[0].lastState.terminated.exitCode}', 'pod', pod!)).toBe('3');
    expect(await kubectl('logs', pod!, '--previous')).toBe('started\n');
    // What it wrote comes to its log a moment later.
    const log = await kubectl('logs', pod!, '--timestamps', '--follow', '--limit-bytes=39');
    expect(log).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z started\n$/);
  });

  test('exec brings the output, the input and the exit code, and is inside the container', async () => {
    const [pod] = await webPods();
    expect(await kubectl('exec', pod!, '--', 'hostname')).toBe(`${pod}\n`);
    expect(await typed('typed\n', 'exec', '-i', pod!, '--', 'cat')).toEqual({ out: 'typed\n', code: 0 });
    expect(await typed('', 'exec', pod!, '--', 'sh', '-c', 'exit 7')).toMatchObject({ code: 7 });
    expect(await kubectl('exec', pod!, '--', 'cat', '/proc/1/comm')).not.toBe('systemd\n');
  });

  test('a container is started and attached to in one go', async () => {
    const args = ['run', 'typist', `--image=${BUSYBOX_IMAGE.name}`, '-i', '--rm', '--restart=Never', '--quiet', '--command', '--'];
    expect(await typed('this\n', ...args, 'sh', '-c', 'read line; echo got $line')).toEqual({ out: 'got this\n', code: 0 });
  });

  test('a container that is added to look at another sees its processes and its files', async () => {
    const [pod] = await webPods();
    const look = 'tr "\\0" " " </proc/1/cmdline; cat /proc/1/root/etc/site/message';
    await kubectl('debug', pod!, `--image=${BUSYBOX_IMAGE.name}`, '--container=look', '--target=web', '--', 'sh', '-c', look);
    await until('jsonpath={.status.ephemeralContainerStatuses[0].state.terminated}', `pod/${pod}`);
    expect(await kubectl('logs', pod!, '-c', 'look')).toBe('node /etc/site/server.js first');
  });

  test('cp takes a file there and back', async () => {
    const [pod] = await webPods();
    const [from, back] = [join(folder, 'from'), join(folder, 'back')];
    writeFileSync(from, randomBytes(2_000_000));
    await kubectl('cp', from, `${pod}:/tmp/there`);
    await kubectl('cp', `${pod}:/tmp/there`, back);
    expect(readFileSync(back).equals(readFileSync(from))).toBe(true);
  });

  test('port-forward carries requests to the pod, and says when nobody listens there', async () => {
    const child = spawn(kubectlPath!, [...config(), 'port-forward', 'deployment/web', ':8080', ':81']);
    const complaint = createInterface(child.stderr);
    const complained = new Promise<string>((resolve) => complaint.once('line', resolve));
    const lines = createInterface(child.stdout);
    const ports = await new Promise<string[]>((resolve) => {
      const found: string[] = [];
      lines.on('line', (line) => {
        const port = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
        if (port && found.push(port) === 2) resolve(found);
      });
    });
    expect(await fetched(`http://127.0.0.1:${ports[0]}/`)).toMatch(/ sesame$/);
    await fetched(`http://127.0.0.1:${ports[1]}/`).catch(() => {});
    expect(await complained).toContain('connection refused');
    child.kill();
  });

  test('a change of a ConfigMap is seen in the mounted file', async () => {
    const [pod] = await webPods();
    await kubectl('patch', 'configmap', 'site', '--type=merge', '-p', '{"data":{"message":"second"}}');
    await kubectl('exec', pod!, '--', 'sh', '-c', 'until grep -q second /etc/site/message; do sleep 0.05; done');
    expect(await fetched(`http://${await addressOf(pod!)}:8080/message`)).toBe('second');
  });

  test('a pod reads what a job wrote to their volume', async () => {
    await apply(...WRITER);
    await until('condition=Complete', 'job/writer');
    await apply(READER);
    await until('jsonpath={.status.phase}=Succeeded', 'pod/reader');
    expect(await kubectl('logs', 'reader')).toBe('written\n');
  });

  test('an init container waits for a Service by its name, and a sidecar starts before the others', async () => {
    await apply(WAITING);
    await until('jsonpath={.status.initContainerStatuses[0].state.running}', 'pod/waiting');
    await apply(LATE);
    await until('condition=Ready', 'pod/waiting');
    expect(await kubectl('logs', 'waiting', '-c', 'main')).toBe('side\n');
    await kubectl('delete', 'pod', 'waiting', '--timeout=20s');
  });

  test('a failing readiness probe takes a pod out of its endpoints', async () => {
    const readinessProbe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 };
    await apply(shellPod('moody', `touch /tmp/ready; ${WAIT}`, { readinessProbe }), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'moody' },
      spec: { selector: { app: 'moody' }, ports: [{ port: 80 }] },
    });
    const endpoints = ['endpointslice', '-l', 'kubernetes.io/service-name=moody'];
    await until('jsonpath={.endpoints[*].conditions.ready}=true', ...endpoints);
    await kubectl('exec', 'moody', '--', 'rm', '/tmp/ready');
    await until('jsonpath={.endpoints[*].conditions.ready}=false', ...endpoints);
  });

  test('a failing liveness probe restarts the container', async () => {
    const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
    await apply(shellPod('sick', WAIT, { livenessProbe }, { restartPolicy: 'Always' }));
    await until('jsonpath={.status.containerStatuses[0].restartCount}=1', 'pod/sick');
    await kubectl('delete', 'pod', 'sick', '--timeout=20s');
  });

  test('a preStop hook holds up the end, which the pod is told of afterwards', async () => {
    const lifecycle = { preStop: { exec: { command: ['sh', '-c', 'sleep 1; echo stopping >/proc/1/fd/1'] } } };
    await apply(shellPod('slow', `trap 'echo told; exit 0' TERM; echo up; sleep 1000 & wait`, { lifecycle }));
    await until('condition=Ready', 'pod/slow');
    const log = following('logs', '--follow', 'slow');
    await log.begun;
    await kubectl('delete', 'pod', 'slow', '--timeout=20s');
    expect(await log.out).toBe('up\nstopping\ntold\n');
  });

  test('who takes more memory than allowed is killed for it, and processor time is limited', async () => {
    await apply(GREEDY);
    await until('jsonpath={.status.containerStatuses[0].state.terminated.reason}=OOMKilled', 'pod/greedy');
    await apply(
      shellPod('limited', 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null', {
        resources: { limits: { cpu: '250m' } },
      }),
    );
    await until('jsonpath={.status.phase}', 'pod/limited');
    await kubectl('wait', '--for=jsonpath={.status.containerStatuses[0].state.terminated}', '--timeout=30s', 'pod/limited');
    expect(await kubectl('logs', 'limited')).toMatch(/^25000\b/);
  });

  test('a volume in memory is full when it holds what it may, and goes with its pod', async () => {
    const script = `df -k /mem | tail -n 1; head -c 3000000 /dev/zero 2>/dev/null >/mem/file || echo full; ${WAIT}`;
    const volumes = [{ name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '2Mi' } }];
    await apply(shellPod('memory', script, { volumeMounts: [{ name: 'mem', mountPath: '/mem' }] }, { volumes }));
    await until('condition=Ready', 'pod/memory');
    await expect.poll(() => kubectl('logs', 'memory'), { timeout: 10_000 }).toMatch(/^tmpfs +2048 .*full\n$/s);
    const uid = await field('{.metadata.uid}', 'pod', 'memory');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain(`slipway-${uid}/mem`);
    await kubectl('delete', 'pod', 'memory', '--timeout=20s');
    await expect.poll(() => readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(uid);
  });

  test('an image that is nowhere is waited for, with the reason', async () => {
    await apply(
      shellPod('never', '', { image: 'slipway.test/none:1', imagePullPolicy: 'Never' }),
      shellPod('missing', '', { image: '127.0.0.1:1/none:1' }),
    );
    await until('jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImageNeverPull', 'pod/never');
    await until('jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff', 'pod/missing');
    expect(await field('{.status.containerStatuses[0].state.waiting.message}', 'pod', 'missing')).toContain('connection refused');
    expect(await kubectl('get', 'events', '--field-selector=involvedObject.name=missing')).toContain(
      'Failed to pull image "127.0.0.1:1/none:1"',
    );
  });

  test('a pod has the names and the user that it asks for', async () => {
    const script = 'hostname; grep -c extra /etc/hosts; grep -E "^(nameserver|search)" /etc/resolv.conf; id -u; id -g';
    const network = {
      hostname: 'own',
      hostAliases: [{ ip: '192.0.2.7', hostnames: ['extra'] }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['192.0.2.8'], searches: ['example.org'] },
      securityContext: { runAsUser: 1000, runAsGroup: 2000 },
    };
    await apply(shellPod('named', script, {}, network));
    await until('jsonpath={.status.phase}=Succeeded', 'pod/named');
    expect(await kubectl('logs', 'named')).toBe('own\n1\nsearch example.org\nnameserver 192.0.2.8\n1000\n2000\n');
  });

  test('a program in a container finds the API by its name, and is known there', async () => {
    const token = '/var/run/secrets/kubernetes.io/serviceaccount';
    const script = `fetch('https://kubernetes.default.svc/api/v1/pods', { headers: { authorization: 'Bearer ' + require('node:fs').readFileSync('${token}/token') } })
      .then((answer) => answer.json()).then(({ message }) => console.log(message))`;
    const env = [{ name: 'NODE_EXTRA_CA_CERTS', value: `${token}/ca.crt` }];
    await apply(shellPod('client', '', { image: nodeImage().name, command: ['node', '-e', script], env }));
    await until('jsonpath={.status.phase}=Succeeded', 'pod/client');
    expect(await kubectl('logs', 'client')).toContain('User "system:serviceaccount:default:default" cannot list resource "pods"');
  });

  test('a daemon that is killed and comes back finds everything as it was, and what ended meanwhile', async () => {
    await apply(shellPod('brief', 'until test -e /tmp/end; do sleep 0.05; done; echo bye; exit 5'));
    await until('condition=Ready', 'pod/brief');
    const id = await field('{.status.containerStatuses[0].containerID}', 'pod', 'brief');
    const before = await field('{.items[*].status.containerStatuses[0].containerID}', 'pods', '-l', 'app=web');
    await daemon.kill();
    containerd.ctr('tasks', 'exec', '--exec-id', 'end', id.split('//')[1]!, 'touch', '/tmp/end');
    await up();
    await until('jsonpath={.status.containerStatuses[0].state.terminated.exitCode}=5', 'pod/brief');
    expect(await kubectl('logs', 'brief')).toBe('bye\n');
    const after = await field('{.items[*].status.containerStatuses[0].containerID}', 'pods', '-l', 'app=web');
    expect(after, await kubectl('get', 'events')).toBe(before);
    for (const pod of await webPods()) expect(await fetched(`http://${await addressOf(pod)}:8080/`)).toBe(`${pod} sesame`);
  });

  test('a pod whose sandbox is gone gets a new one', async () => {
    const [pod] = await webPods();
    const filter = `labels."io.cri-containerd.kind"==sandbox,labels."io.kubernetes.pod.name"==${pod}`;
    const sandbox = containerd.ctr('containers', 'list', '--quiet', filter).trim();
    const count = Number(await field('{.status.containerStatuses[0].restartCount}', 'pod', pod!));
    containerd.ctr('tasks', 'kill', '--signal', 'SIGKILL', sandbox);
    await until(`jsonpath={.status.containerStatuses[0].restartCount}=${count + 1}`, `pod/${pod}`);
    await until('condition=Ready', `pod/${pod}`);
    expect(await fetched(`http://${await addressOf(pod!)}:8080/`)).toBe(`${pod} sesame`);
  });

  test('after `down` nothing runs, and after `up` all is there again', async () => {
    const dns = await field('{.spec.clusterIP}', 'service', 'kube-dns', '-n', 'kube-system');
    const isOurs = () => Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === dns));
    expect(isOurs()).toBe(true);
    const restarts = (pod: string) => field('{.status.containerStatuses[0].restartCount}', 'pod', pod).then(Number);
    const counts = new Map(await Promise.all((await webPods()).map(async (pod) => [pod, await restarts(pod)] as const)));
    await down();
    expect(containerd.ctr('tasks', 'list', '--quiet')).not.toMatch(/\S/);
    expect(isOurs()).toBe(false);
    await up();
    for (const [pod, count] of counts) {
      await until(`jsonpath={.status.containerStatuses[0].restartCount}=${count + 1}`, `pod/${pod}`);
      await until('condition=Ready', `pod/${pod}`);
      expect(await fetched(`http://${await addressOf(pod)}:8080/`)).toBe(`${pod} sesame`);
    }
  });
});

function fetched(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
