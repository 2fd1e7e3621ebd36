import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom, type Random } from '../../src/base/index.ts';
import { readJournal, verifyJournal } from '../../src/store/index.ts';
import { freshDirectory, openJournal } from './journals.ts';

/** `SLIPWAY_CRASHES=300` for a long look. */
const KILLS = Number(process.env['SLIPWAY_CRASHES'] ?? 24);
const STORES = 2;
/** What a kill in the midst of upkeep leaves: seen over all kills, so that the test is known to reach there. */
const left = new Set<string>();

interface Acknowledged {
  /** The last round of each writer that was told to be on disk. */
  rounds: number[];
  revision: number;
}

/** Lets a child write until some number of acknowledgements came, and kills it then. */
async function runAndKill(directory: string, random: Random): Promise<Acknowledged> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const acknowledgements = 2 + Math.floor(random.fraction() * 250);
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.split('\n').length > acknowledgements) child.kill('SIGKILL');
  }
  await closed;
  const told: Acknowledged = { rounds: [0, 0, 0], revision: 0 };
  for (const line of output.split('\n').slice(1, -1)) {
    const [writer, round, revision] = line.split(' ').map(Number) as [number, number, number];
    told.rounds[writer] = round;
    told.revision = Math.max(told.revision, revision);
  }
  return told;
}

/** Kills one store again and again. */
async function killRepeatedly(seed: number): Promise<void> {
  const directory = freshDirectory();
  const random = seededRandom(seed);
  let highest = 0;
  for (let kill = 0; kill < KILLS / STORES; kill++) {
    const told = await runAndKill(directory, random);
    for (const name of readdirSync(directory)) left.add(name.replace(/\d+/, 'N'));
    expect(told.revision).toBeGreaterThan(highest);
    expect((await verifyJournal(directory)).problem).toBeUndefined();
    const store = await openJournal(directory);
    for (const [writer, round] of told.rounds.entries()) {
      const [a, b] = ['a', 'b'].map((half) => store.get(`core/pods/d/${writer}-${half}`)?.value as { round: number } | undefined);
      expect(a?.round ?? 0).toBeGreaterThanOrEqual(round);
      expect(b).toEqual(a);
      expect(store.get(`core/leases/d/${writer}`)).toBeUndefined();
    }
    highest = store.revision;
    expect(highest).toBeGreaterThan(told.revision);
    await store.close();
    const sequences = (await Array.fromAsync(readJournal(directory))).map((record) => record.sequence);
    expect(sequences).toEqual(sequences.toSorted((x, y) => x - y));
  }
}

test(
  'kill -9 at any moment loses nothing that was acknowledged, and tears no commit apart',
  { timeout: 5_000 + KILLS * 2_000 },
  async () => {
    await Promise.all(Array.from({ length: STORES }, (_, n) => killRepeatedly(n + 1)));
    expect([...left]).toEqual(expect.arrayContaining(['journal-N.jsonl', 'journal-N.jsonl.gz', 'snapshot-N.jsonl']));
    if (KILLS >= 100) expect([...left].some((name) => name.endsWith('.draft'))).toBe(true);
  },
);
