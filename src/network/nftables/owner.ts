import { existsSync, readlinkSync } from 'node:fs';
import { messageOf, type Log } from '../../base/index.ts';
import { runProgram } from './command.ts';
import { deleteTable } from './rules.ts';

/** The kernel keeps no longer one. */
const LONGEST_COMMENT = 120;

/** Paths mean something only to those who see the same files. */
function filesSeen(): string {
  try {
    return readlinkSync('/proc/self/ns/mnt').replace(/\D/g, '');
  } catch {
    return '';
  }
}

/** Tells whose a table is; undefined where that cannot be said in a comment: nobody else ever removes it. */
export function commentOf(dataDir: string, files = filesSeen()): string | undefined {
  const comment = `data of ${files}: ${dataDir}`;
  return files === '' || comment.length > LONGEST_COMMENT || /[^\x20-\x7e]|["\\]/.test(comment) ? undefined : comment;
}

/** A daemon that was killed leaves its table for the pods that run on. Where its data are gone there are none, and no next start. */
export function isOrphaned(listing: string, exists = existsSync, files = filesSeen()): boolean {
  const [, seenBy, dataDir] = /^\s*comment "data of (\d+): (.+)"$/m.exec(listing) ?? [];
  return dataDir !== undefined && seenBy === files && !exists(dataDir);
}

export async function removeOrphans(nft: string, log: Log): Promise<void> {
  try {
    const tables = (await runProgram(nft, ['list', 'tables', 'ip'])).match(/(?<=^table ip )slipway-\S+$/gm) ?? [];
    for (const table of tables) {
      if (!isOrphaned(await runProgram(nft, ['--terse', 'list', 'table', 'ip', table]))) continue;
      await runProgram(nft, ['-f', '-'], deleteTable(table));
      log.info({ table }, 'a firewall table whose data directory is gone has been removed');
    }
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'firewall tables that were left behind are not looked for');
  }
}
