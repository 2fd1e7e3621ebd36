/** A process that opens the store in a directory and writes: `node writer.ts DIRECTORY [idle]`. */
import { systemClock } from '../../src/base/index.ts';
import { openStore } from '../../src/store/index.ts';

const [directory, mode] = process.argv.slice(2);
const store = await openStore(directory!, {
  now: Date.now,
  clock: systemClock,
  // Snapshots, compression and retention are at work all the time.
  segmentBytes: 20_000,
  snapshots: { afterBytes: 1, ratio: 0 },
  patience: { pauseMs: 0 },
  retention: { bytes: 60_000 },
});
process.stdout.write('open\n');
if (mode === 'idle') await new Promise((resolve) => setInterval(resolve, 2 ** 30));

/** Tells what is durable, and only then writes on: each round changes two keys in one commit, and a volatile one in another. */
async function write(writer: number): Promise<void> {
  for (let round = 1; ; round++) {
    const value = { round, filler: 'x'.repeat((round * 37) % 500) };
    const keys = [`core/pods/d/${writer}-a`, `core/pods/d/${writer}-b`];
    const cause = { by: 'writer' };
    const result = store.commit(
      keys.map((key) => ({ op: 'put', key, value, expect: 'any' })),
      cause,
    );
    const beat = store.commit([{ op: 'put', key: `core/leases/d/${writer}`, value, expect: 'any', volatile: true }], cause);
    if (!result.ok || !beat.ok) throw new Error('conflict');
    await store.durable(beat.revision);
    process.stdout.write(`${writer} ${round} ${beat.revision}\n`);
  }
}

await Promise.all([0, 1, 2].map(write));
