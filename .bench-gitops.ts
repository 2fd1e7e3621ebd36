import { execSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Scope, systemClock, systemRandom, silentLog } from './src/base/index.ts';
import { createApi, localClient, storeOptions } from './src/apiserver/index.ts';
import { BUILT_IN_KINDS, KindRegistry, NAMESPACES } from './src/model/index.ts';
import { memoryStore } from './src/store/index.ts';
import { openSource, startPipeline } from './src/gitops/index.ts';
import { monitorEventLoopDelay } from 'node:perf_hooks';
const dirs = Number(process.argv[2] ?? 100), per = Number(process.argv[3] ?? 100);
const R = '/tmp/gitops-scratch/big'; rmSync(R, { recursive: true, force: true }); mkdirSync(R);
const git = (c: string) => execSync(`git ${c}`, { cwd: R });
git('init -q -b main .'); git('config gc.auto 0'); git('config user.name A'); git('config user.email a@b');
const file = (n: string, v: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${n}\n  labels: { a: b, c: d }\ndata:\n` + Array.from({ length: 20 }, (_, i) => `  key${i}: "${v} value number ${i}"\n`).join('');
for (let d = 0; d < dirs; d++) { mkdirSync(`${R}/app${d}`); for (let i = 0; i < per; i++) writeFileSync(`${R}/app${d}/cm${i}.yaml`, file(`cm-${d}-${i}`, 'x')); }
git('add -A'); git('commit -q -m first'); if (process.argv[4] === 'gc') git('gc -q --force');
const clock = systemClock;
const store = memoryStore({ now: () => clock.now(), ...storeOptions() });
const api = createApi({ store, kinds: new KindRegistry(BUILT_IN_KINDS), clock, random: systemRandom, serviceCidr: '127.96.0.0/16' });
const client = localClient({ api, store, manager: 'test', trusted: false });
await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
const scope = new Scope('bench');
let applied: () => void = () => {}; let n = 0;
const t0 = performance.now();
const delay = monitorEventLoopDelay({ resolution: 1 }); delay.enable();
const start = async (s: Scope) => startPipeline({ source: await openSource(R), client, clock, random: systemRandom, log: silentLog, scope: s, record: () => {}, observer: { applied: () => { n++; applied(); }, failed: (m) => console.log('FAILED', m) } });
const p = await start(scope);
await p.ready;
console.log('first', (performance.now() - t0).toFixed(0), 'ms, max loop', (delay.max / 1e6).toFixed(0), 'ms, rss', (process.memoryUsage().rss / 1e6).toFixed(0)); delay.reset();
for (let k = 0; k < 6; k++) {
  writeFileSync(`${R}/app0/cm1.yaml`, file('cm-0-1', `y${k}`)); git('add app0/cm1.yaml');
  const done = new Promise<void>((r) => (applied = r));
  git('commit -q -m change'); const t = performance.now(); await done;
  console.log('commit to applied', (performance.now() - t).toFixed(0), 'ms, max loop', (delay.max / 1e6).toFixed(0)); delay.reset();
  await new Promise((r) => setTimeout(r, 300));
}
await scope.close();
const t2 = performance.now(); const s2 = new Scope('again'); const p2 = await start(s2); await p2.ready;
console.log('restart', (performance.now() - t2).toFixed(0), 'ms, max loop', (delay.max / 1e6).toFixed(0), 'rss', (process.memoryUsage().rss / 1e6).toFixed(0));
await s2.close();
