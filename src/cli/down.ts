import { createLog, systemClock, systemRandom } from '../base/index.ts';
import { findDataDir, stopPods } from '../daemon/index.ts';

export async function down(options: { dataDir?: string }): Promise<void> {
  const dataDir = findDataDir(options.dataDir);
  const stopped = await stopPods(dataDir, { clock: systemClock, random: systemRandom, log: createLog({ level: 'warn' }) });
  process.stdout.write(`stopped ${stopped} ${stopped === 1 ? 'pod' : 'pods'}; the state is kept in ${dataDir.path}\n`);
}
