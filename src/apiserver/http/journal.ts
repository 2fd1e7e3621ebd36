import { setImmediate } from 'node:timers/promises';
import { messageOf, type Log } from '../../base/index.ts';
import type { ReadOptions } from '../../store/index.ts';
import type { Backend } from './backend.ts';
import type { Answer, Asked, Outlet } from './message.ts';
import { isTrue, wholeNumber } from './query.ts';

/** The lines of the journal as far as they are on disk, without what is secret. */
export type ReadJournal = (options: ReadOptions) => AsyncIterable<string>;

/** So much is read and sent in one turn. */
const PIECE = 64 * 1024;

/** `/journal?after=SEQUENCE&follow=true`. Undefined: this server keeps none on disk. */
export function journalOf({ journal, log }: Pick<Backend, 'journal' | 'log'>, { query }: Pick<Asked, 'query'>): Answer | undefined {
  if (!journal) return undefined;
  const after = wholeNumber(query, 'after') ?? 0;
  const isFollowed = isTrue(query, 'follow');
  const run = async (outlet: Outlet) => {
    const leave = new AbortController();
    outlet.onClose(() => leave.abort());
    await passOn(journal(isFollowed ? { after, follow: leave.signal } : { after }), outlet, log);
  };
  return { code: 200, type: 'application/x-ndjson', body: { kind: 'live', run } };
}

async function passOn(lines: AsyncIterable<string>, outlet: Outlet, log: Log): Promise<void> {
  let piece = '';
  let due: NodeJS.Immediate | undefined;
  /** Resolves when the reader has caught up. */
  let behind: Promise<void> | undefined;
  const flush = () => {
    clearImmediate(due);
    due = undefined;
    if (piece !== '' && !outlet.write(piece)) behind = outlet.drained();
    piece = '';
  };
  try {
    for await (const line of lines) {
      if (behind) await behind;
      behind = undefined;
      if (outlet.closed) break;
      piece += `${line}\n`;
      if (piece.length < PIECE) {
        due ??= globalThis.setImmediate(flush);
        continue;
      }
      flush();
      await setImmediate();
    }
    flush();
    outlet.end();
  } catch (error) {
    if (!outlet.closed) log.warn({ error: messageOf(error) }, 'journal cut');
    outlet.destroy();
  } finally {
    clearImmediate(due);
  }
}
