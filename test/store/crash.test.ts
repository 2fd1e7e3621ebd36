import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { verifyJournal } from '../../src/store/index.ts';
import { freshDirectory, openJournal } from './journals.ts';

const KILLS = 12;

interface Acknowledged {
  /** The last round of each writer that was told to be on disk. */
  rounds: number[];
  revision: number;
}

/** Lets a child write until some number of acknowledgements came, and kills it then. */
async function runAndKill(directory: string, acknowledgements: number): Promise<Acknowledged> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
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
  for (let kill = 0; kill < KILLS; kill++) {
    const told = await runAndKill(directory, 5 + Math.floor(random.fraction() * 150));
    expect(told.revision).toBeGreaterThan(highest);
    expect((await verifyJournal(directory)).problem).toBeUndefined();
    const store = await openJournal(directory);
    for (const [writer, round] of told.rounds.entries()) {
      const [a, b] = ['a', 'b'].map((half) => store.get(`core/pods/d/${writer}-${half}`)?.value as { round: number } | undefined);
      expect(a?.round ?? 0).toBeGreaterThanOrEqual(round);
      expect(b).toEqual(a);
    }
    highest = store.revision;
    expect(highest).toBeGreaterThanOrEqual(told.revision);
    await store.close();
  }
}

test('kill -9 at any moment loses nothing that was acknowledged, and tears no commit apart', { timeout: 60_000 }, async () => {
  await Promise.all([killRepeatedly(1), killRepeatedly(2)]);
});
