import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeOptions } from '../../src/apiserver/index.ts';
import { seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { prepareDataDir, stopPods, type DataDir } from '../../src/daemon/index.ts';
import { writeRunning } from '../../src/daemon/datadir.ts';
import { readGraces } from '../../src/daemon/graces.ts';
import { openRuntime } from '../../src/daemon/runtime.ts';
import { openStore } from '../../src/store/index.ts';

const parts = { clock: systemClock, random: seededRandom(1), log: silentLog };
const UID = '0b0f2a52-5b61-4d6f-9f3e-8f5e0c1d2a3b';

let folder: string;
let dir: DataDir;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-down-'));
  dir = prepareDataDir(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a daemon leaves in its journal. */
async function leavePod(terminationGracePeriodSeconds: number): Promise<void> {
  const store = await openStore(dir.journal, {
    ...storeOptions(),
    now: () => systemClock.now(),
    clock: systemClock,
    keyDirectory: dir.path,
  });
  const metadata = { namespace: 'shop', name: 'stubborn', uid: UID };
  const value = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { terminationGracePeriodSeconds, containers: [] } };
  store.commit([{ op: 'put', key: 'core/pods/shop/stubborn', value, expect: 'any' }], { by: 'test' });
  await store.durable(store.revision);
  await store.close();
}

/** A pod of one container that ends only when it is killed. */
async function leaveContainer(): Promise<void> {
  const runtime = await openRuntime({ kind: 'process' }, dir, parts);
  await runtime.ensureSandbox({ podUid: UID, namespace: 'shop', name: 'stubborn', annotations: {} });
  const script = "trap '' TERM; echo up; while :; do sleep 1000; done";
  const run = { image: 'none', command: ['sh', '-c', script], args: [], env: { PATH: process.env['PATH'] ?? '' }, mounts: [] };
  const id = await runtime.start({ podUid: UID, name: 'main', attempt: 0, ...run });
  for await (const chunk of runtime.logs(id, { follow: true }, AbortSignal.timeout(10_000))) if (String(chunk).includes('up')) break;
  await runtime.close();
}

test('down gives each pod the time that it asks for, and says for whom it waits', { timeout: 15_000 }, async () => {
  await leavePod(2);
  await leaveContainer();
  const told: string[] = [];
  expect(await stopPods(dir, { ...parts, notice: (message) => told.push(message) })).toBe(1);
  expect(told).toEqual(['waiting for shop/stubborn (2 s at most) to end']);
});

test('down kills at once what asks for no time, and has nothing to say of it', { timeout: 15_000 }, async () => {
  await leavePod(0);
  await leaveContainer();
  const told: string[] = [];
  expect(await stopPods(dir, { ...parts, notice: (message) => told.push(message) })).toBe(1);
  expect(told).toEqual([]);
});

test('down waits for the end of the daemon itself, not only for its word that it ends', { timeout: 15_000 }, async () => {
  const ended = join(folder, 'ended');
  const script = `trap 'rm "${dir.running}"; sleep 0.5; echo > "${ended}"; exit' TERM; echo up; while :; do sleep 0.1; done`;
  const daemon = spawn('sh', ['-c', script]);
  await once(daemon.stdout, 'data');
  writeRunning(dir, { pid: daemon.pid!, address: 'https://127.0.0.1:1' });
  await stopPods(dir, parts);
  expect(existsSync(ended)).toBe(true);
});

test('down lets go of the journal: the next start has it', async () => {
  await leavePod(0);
  await leaveContainer();
  await stopPods(dir, parts);
  await leavePod(1);
});

test('a pod that the journal does not know, or a journal that cannot be read, leaves the usual time', async () => {
  expect((await readGraces(dir, parts))(UID)).toBe(30_000);
  await leavePod(2);
  expect((await readGraces(dir, parts))(UID)).toBe(2_000);
  for (const file of readdirSync(dir.journal)) writeFileSync(join(dir.journal, file), 'not a journal\nat all\n');
  expect((await readGraces(dir, parts))(UID)).toBe(30_000);
});
