/** The pipeline on a repository of 10,000 manifests: cold start, warm start, a commit, and a plan in which nothing changes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, Scope, systemClock, systemRandom } from '../../src/base/index.ts';
import { prepareDataDir, startDaemon } from '../../src/daemon/index.ts';
import { DesiredBuilder } from '../../src/gitops/desired/desired.ts';
import { KindLookup } from '../../src/gitops/desired/kinds.ts';
import { openSource, type PipelineObserver } from '../../src/gitops/index.ts';
import { liveOf } from '../../src/gitops/plan/live.ts';
import { makePlan } from '../../src/gitops/plan/plan.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { Intake } from '../../src/gitops/sync/intake.ts';
import { ObjectWatch } from '../../src/gitops/sync/watch.ts';
import { Veil } from '../../src/gitops/veil.ts';
import { APPLICATIONS, SYSTEM_NAMESPACE } from '../../src/model/index.ts';
import { heading, show } from './report/index.ts';

const APPLICATIONS_COUNT = Number(process.env['APPLICATIONS'] ?? 100);
const MANIFESTS = 10_000;
const ROUNDS = 15;

const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
const repository = join(folder, 'manifests');
const note = (what: string, value: number, rest = '', unit = 'ms') => show(what, [value], `${unit}${rest}`);
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'gc.auto=0', ...args], { cwd: repository });

/** The longest time that the main loop was held. */
class LoopWatch {
  #last = performance.now();
  longest = 0;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#last - 1);
    this.#last = now;
  }, 1);

  take(): string {
    const { longest } = this;
    this.longest = 0;
    return `   (main loop held for at most ${longest.toFixed(0)} ms)`;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const filler = Array.from({ length: 20 }, (_, i) => `  key-${i}: "some value of ordinary length, number ${i}"`).join('\n');

function manifest(n: number, mark = ''): string {
  if (n % 5 === 0) {
    return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-${n}\n  annotations: { mark: "${mark}" }\nspec:\n  replicas: 0\n  selector:\n    matchLabels: { app: app-${n} }\n  template:\n    metadata:\n      labels: { app: app-${n} }\n    spec:\n      containers:\n        - name: main\n          image: registry.example.com/app:1.0\n          ports: [{ containerPort: 8080 }]\n`;
  }
  if (n % 5 === 1)
    return `apiVersion: v1\nkind: Service\nmetadata:\n  name: svc-${n}\nspec:\n  selector: { app: app-${n - 1} }\n  ports:\n    - port: 80\n      targetPort: 8080\n`;
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf-${n}\ndata:\n  mark: "${mark}"\n${filler}\n`;
}

function pathOf(n: number): string {
  return join(repository, `app-${n % APPLICATIONS_COUNT}`, `${n}.yaml`);
}

/** Starts it all; gives how long it took until every application was tried. */
async function start(observer: PipelineObserver) {
  const scope = new Scope('bench');
  const dataDir = join(folder, 'data');
  prepareDataDir(dataDir);
  const began = performance.now();
  const settings = { repository, dataDir, listen: { host: '127.0.0.1', port: 0 }, runtime: 'simulated' as const, nodes: 1 };
  const daemon = await startDaemon({
    settings,
    clock: systemClock,
    random: systemRandom,
    log: createLog({ level: 'error' }),
    scope,
    observer,
  });
  return { daemon, ms: performance.now() - began, close: () => scope.close() };
}

try {
  heading(`pipeline of ${MANIFESTS} manifests in ${APPLICATIONS_COUNT} applications`);
  mkdirSync(repository);
  for (let n = 0; n < APPLICATIONS_COUNT; n++) mkdirSync(join(repository, `app-${n}`));
  for (let n = 0; n < MANIFESTS; n++) writeFileSync(pathOf(n), manifest(n));
  git('init', '-q', '-b', 'main', '.');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');

  let applied = () => {};
  const observer: PipelineObserver = {
    applied: () => applied(),
    failed: (message) => console.log(message),
    problems: (application, problems) => console.log(application, problems.length, problems[0]),
  };
  const loop = new LoopWatch();
  const cold = await start(observer);
  note('cold start until all is applied', cold.ms, loop.take());
  await cold.close();
  await systemClock.sleep(500);
  loop.take();
  const warm = await start(observer);
  note('warm start until all is looked at', warm.ms, loop.take());

  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await systemClock.sleep(200);
    const n = 7 + round * 10;
    writeFileSync(pathOf(n), manifest(n, String(round)));
    git('add', '-A');
    const done = new Promise<void>((resolve) => (applied = resolve));
    loop.take();
    git('commit', '-q', '-m', `round ${round}`);
    const committed = performance.now();
    loop.longest = 0;
    await done;
    times.push(performance.now() - committed);
  }
  show('git commit has returned to applied, one file', times, 'ms');

  await planUnchanged(warm.daemon.client, loop);
  note('resident memory', process.memoryUsage().rss / 1024 / 1024, '', 'MB');
  await warm.close();
  loop.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The stages by themselves, on what is there already. */
async function planUnchanged(client: Awaited<ReturnType<typeof start>>['daemon']['client'], loop: LoopWatch): Promise<void> {
  const own = client.as('slipway');
  const kinds = new KindLookup(own);
  const veil = new Veil('bench');
  const intake = new Intake(new DesiredBuilder(kinds, veil), new RenderCache());
  const source = await openSource(repository);
  const snapshot = await source.snapshot();
  const wanted = await intake.take(snapshot, []);
  const { items } = await own.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE });
  const watch = new ObjectWatch(own, { drifted: () => {}, unsettled: () => {} });
  const inventories = new Map(items.map(({ metadata, status }) => [metadata.name, status?.inventory ?? []] as const));
  const kindOf = await kinds.resolve([...inventories.values()].flat());
  await watch.open(new Set([...inventories.values()].flat().flatMap((item) => kindOf(item) ?? [])));
  loop.take();
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    let kept = 0;
    for (const { name, desired, commit } of wanted) {
      const input = { commit, desired, inventory: inventories.get(name) ?? [], prune: true, elsewhere: intake.elsewhere(name) };
      const plan = await makePlan(input, { client: own, live: liveOf(own, watch.glimpse), kinds, veil });
      kept += plan.steps.filter(({ op }) => op === 'keep').length;
    }
    note(`plan of ${kept} unchanged objects`, performance.now() - began, loop.take());
  }
  watch.close();
}
