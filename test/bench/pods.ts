/** From bound to Running, as pods' own events and statuses tell it: containers, by a containerd of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, seededRandom, systemClock } from '../../src/base/index.ts';
import { criRuntime, type ContainerSpec, type Runtime } from '../../src/kubelet/index.ts';
import { httpClient, loadKubeconfig } from '../../src/client/index.ts';
import { PODS, type Pod } from '../../src/model/index.ts';
import { Daemon } from '../scenario/sandbox.ts';
import { Containerd, noContainers } from '../tools/containerd.ts';
import { BUSYBOX_IMAGE } from '../tools/images.ts';
import { heading, show } from './report/index.ts';

const LAUNCHER = join(import.meta.dirname, '../../src/cli/slipway');
const ROUNDS = 10;
const MANY = 50;

if (noContainers) {
  console.log(`pods as containers: not measured: ${noContainers}`);
} else {
  heading('pods as containers');
  const containerd = await Containerd.start([BUSYBOX_IMAGE]);
  try {
    await measureRuntime(containerd);
    await measureDaemon(containerd);
  } finally {
    await containerd.close();
  }
}

/** What the runtime alone needs, through our port and without a control plane. */
async function measureRuntime({ socket, folder }: Containerd): Promise<void> {
  const runtime: Runtime = await criRuntime({
    dir: join(folder, 'bench'),
    socket,
    clock: systemClock,
    log: createLog({ level: 'warn' }),
    hostIP: '',
  });
  const took: number[] = [];
  const random = seededRandom(1);
  for (let i = 0; i < ROUNDS; i++) {
    const podUid = `bare-${random.hex(16)}`;
    const began = performance.now();
    await runtime.ensureSandbox({ podUid, namespace: 'default', name: `bare-${i}`, annotations: {} });
    const spec: ContainerSpec = {
      podUid,
      name: 'main',
      attempt: 0,
      image: BUSYBOX_IMAGE.name,
      command: ['sleep', '1000'],
      args: [],
      env: {},
      mounts: [],
    };
    const id = await runtime.start(spec);
    took.push(performance.now() - began);
    await runtime.stop(id, 0);
    await runtime.removeSandbox(podUid);
  }
  await runtime.close();
  show('sandbox and container through the port alone', took, 'ms');
}

async function measureDaemon({ socket }: Containerd): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const dataDir = join(folder, 'data');
  const daemon = new Daemon(
    ['up', '--runtime', 'cri', '--cri-socket', socket, '--data-dir', dataDir, '--listen', '127.0.0.1:0', '--no-ingress'],
    folder,
  );
  await daemon.line(/Ready in/);
  const client = httpClient(loadKubeconfig({ path: join(dataDir, 'kubeconfig') }), { manager: 'bench', clock: systemClock });
  try {
    const alone: number[] = [];
    for (let i = 0; i < ROUNDS; i++) alone.push(await untilRunning([`one-${i}`]));
    show('one pod, from its creation to Running', alone, 'ms', { atMost: 350 });
    const all = await untilRunning(Array.from({ length: MANY }, (_, i) => `many-${i}`));
    show(`${MANY} pods at once, until the last is Running`, [all], 'ms', { atMost: 10_000 });
  } finally {
    const { items } = await client.list(PODS, { namespace: 'default' });
    await Promise.all(
      items.map(({ metadata: { name } }) => client.delete({ kind: PODS, name, namespace: 'default' }, { gracePeriodSeconds: 0 })),
    );
    await client.close();
    await daemon.interrupt();
    execFileSync(LAUNCHER, ['down', '--data-dir', dataDir]);
    rmSync(folder, { recursive: true, force: true });
  }

  async function untilRunning(names: readonly string[]): Promise<number> {
    const { resourceVersion } = await client.list(PODS, { namespace: 'default' });
    const waiting = new Set(names);
    const began = performance.now();
    const made = Promise.all(names.map((name) => client.create(PODS, podNamed(name))));
    const end = new AbortController();
    for await (const event of client.watch(PODS, { namespace: 'default', resourceVersion }, end.signal)) {
      if (event.type === 'MODIFIED' && event.object.status?.phase === 'Running') waiting.delete(event.object.metadata.name);
      if (waiting.size === 0) break;
    }
    const took = performance.now() - began;
    end.abort();
    await made;
    return took;
  }
}

function podNamed(name: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: BUSYBOX_IMAGE.name, command: ['sleep', '1000'] }], terminationGracePeriodSeconds: 0 },
  };
}
