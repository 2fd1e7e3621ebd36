import { createLog, systemClock, systemRandom } from '../base/index.ts';
import { findDataDir, stopPods } from '../daemon/index.ts';

export async function down(options: { dataDir?: string }): Promise<void> {
  const dataDir = findDataDir(options.dataDir);
  const notice = (message: string) => void process.stderr.write(`${message}\n`);
  const log = createLog({ level: 'warn' });
  const stopped = await stopPods(dataDir, { clock: systemClock, random: systemRandom, log, notice });
  process.stdout.write(`stopped ${stopped} ${stopped === 1 ? 'pod' : 'pods'}; the state is kept in ${dataDir.path}\n`);
}
