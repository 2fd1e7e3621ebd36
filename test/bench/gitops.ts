/**
 * The pipeline on 10,000 manifests, with 200 simulated nodes: start without and with what an earlier one left, commits, and a
 * plan in which nothing changes: `node test/bench/gitops.ts [many|one|install]...`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { follow, type Follower } from './gitops/follower.ts';
import type { Held } from './gitops/loop.ts';
import { ManifestRepository } from './gitops/repository.ts';
import { readyAfterCommit } from './gitops/ready.ts';
import { planUnchanged } from './gitops/unchanged.ts';
import { heading, show, type Goal } from './report/index.ts';

const MANIFESTS = 10_000;
const COMMITS = 15;
/** A ConfigMap each, in applications of their own where there are many. */
const fileOfRound = (round: number) => 7 + round * 10;

/** Every fifth manifest is one. */
const DEPLOYMENTS_TO_SCALE = [100, 205, 310, 415, 520, 625, 730];

const note = (what: string, value: number, unit: string, goal?: Goal) => show(`  ${what}`, [value], unit, goal);

async function inRepository(
  applications: number,
  manifests: number,
  work: (repository: ManifestRepository, dataDir: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  try {
    await work(new ManifestRepository(join(folder, 'manifests'), applications, manifests), join(folder, 'data'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function noteHeld(what: string, { wallMs, cpuMs }: Held): void {
  note(`main loop held ${what} (for ${cpuMs.toFixed(0)} ms of processor time)`, wallMs, 'ms', { atMost: 50 });
}

async function noteStart(what: string, follower: Follower, goal: Goal): Promise<void> {
  note(what, follower.readyMs, 'ms', goal);
  const { processorMs, beforeOpen, sinceLastReport } = await follower.loop();
  note('processor time of its main thread', processorMs, 'ms');
  note(`loading and starting, in one turn (for ${beforeOpen.cpuMs.toFixed(0)} ms of processor time)`, beforeOpen.wallMs, 'ms');
  noteHeld('once its port is open', sinceLastReport);
  note('resident memory then', follower.memory().now, 'MB', { atMost: 350 });
}

async function noteCommits(repository: ManifestRepository, follower: Follower): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < COMMITS; round++) {
    await systemClock.sleep(200);
    repository.write(fileOfRound(round), String(round));
    const applied = follower.applied();
    repository.commit();
    const committed = performance.now();
    await applied;
    times.push(performance.now() - committed);
  }
  show('  git commit has returned to applied, one file', times, 'ms', { atMost: 150 });
  noteHeld('meanwhile', (await follower.loop()).sinceLastReport);
  note('resident memory after it', follower.memory().now, 'MB', { atMost: 350 });
}

async function startsAndCommits(applications: number): Promise<void> {
  await inRepository(applications, MANIFESTS, async (repository, dataDir) => {
    const cold = await follow(repository.path, dataDir);
    await noteStart('cold start until all is applied', cold, { atMost: 6000 });
    await cold.end();
    const warm = await follow(repository.path, dataDir);
    await noteStart('warm start until all is looked at', warm, { atMost: 2000 });
    await noteCommits(repository, warm);
    const ready = await readyAfterCommit(repository, dataDir, DEPLOYMENTS_TO_SCALE);
    show('  git commit has returned to pods ready, a Deployment of 3', ready, 'ms', { atMost: 300 });
    await warm.end();
    show(`  plan of ${MANIFESTS} unchanged objects`, await planUnchanged(repository.path, dataDir), 'ms', { atMost: 300 });
  });
}

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  async many() {
    console.log(`${MANIFESTS} manifests in 100 applications`);
    await startsAndCommits(100);
  },

  async one() {
    console.log(`${MANIFESTS} manifests in one application`);
    await startsAndCommits(1);
  },

  async install() {
    console.log('1000 applications of 4 objects');
    await inRepository(1000, 4000, async (repository, dataDir) => {
      const follower = await follow(repository.path, dataDir);
      await noteStart('first install', follower, { atMost: 15_000 });
      await follower.end();
    });
  },
};

heading('pipeline');
const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(BENCHES)) if (wanted.length === 0 || wanted.includes(name)) await bench();
