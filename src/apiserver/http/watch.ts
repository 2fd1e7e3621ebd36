import { messageOf, type Clock, type Log, type Millis, type Timer } from '../../base/index.ts';
import { apiVersionOf } from '../../model/index.ts';
import type { Api, Place, Seen, WatchQuery, Watching } from '../api.ts';
import type { EventLines } from './lines.ts';
import { JSON_TYPE, type Answer, type Outlet } from './message.ts';
import type { View } from './view.ts';

/**
 * A watcher may be this many events behind before its watch ends, as any watch does after a while: the client comes back
 * and resumes from where it was. An event that waits is a reference to text that the store keeps anyway. What is there
 * when the watch begins does not count.
 */
const MOST_BEHIND = 16_384;

/** A client that has not taken the rest of an ended watch by then is cut off. */
const LAST_PATIENCE: Millis = 30_000;

const BOOKMARK_EVERY: Millis = 60_000;

/** So much is written at once, before the other requests have their turn: in a burst these turns are long. */
const CHUNK = 1024 * 1024;

export interface WatchOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Log;
  readonly place: Place;
  readonly query: WatchQuery;
  readonly view: View;
  readonly timeoutMs: Millis;
  /** Shared by all watches of a server. */
  readonly lines: EventLines;
}

/** A request that cannot be watched is refused here, before anything is answered. */
export function watchAnswer(options: WatchOptions): Answer {
  const stream = new WatchStream(options);
  return { code: 200, type: JSON_TYPE, body: { kind: 'live', run: (outlet) => stream.run(outlet) } };
}

/** Who is woken while nobody waits. */
const nobody = () => {};

/** What a client hears of. */
type Event = Exclude<Seen, { readonly type: 'END' }>;

/** From the events of a watch to lines of JSON, in order, each only once it is on disk. */
class WatchStream {
  readonly #options: WatchOptions;
  readonly #watching: Watching;
  #mostWaiting = Infinity;
  #waiting: Event[] = [];
  #wake = nobody;
  #ended = () => {};
  #over = false;
  #isTooSlow = false;
  #columnsSent = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#watching = options.api.watch(options.place, options.query, (seen) => this.#see(seen));
    this.#mostWaiting = this.#waiting.length + MOST_BEHIND;
  }

  async run(outlet: Outlet): Promise<void> {
    const { clock, log, timeoutMs } = this.#options;
    const deadline = clock.after(timeoutMs, () => {
      // So that the client, when it comes back, does not hear again what did not concern it.
      if (this.#options.query.allowBookmarks) this.#see({ type: 'BOOKMARK', revision: this.#options.api.revision });
      this.#finish();
    });
    const stopBookmarks = this.#bookmarkRegularly();
    let lastCall: Timer | undefined;
    this.#ended = () => (lastCall = clock.after(LAST_PATIENCE, () => outlet.destroy()));
    outlet.onClose(() => {
      this.#finish();
      lastCall?.cancel();
    });
    try {
      await this.#pump(outlet);
      if (this.#isTooSlow) log.info({ kind: this.#options.place.kind.plural }, 'watch ended: its client is too slow');
      outlet.end();
    } catch (error) {
      log.warn({ kind: this.#options.place.kind.plural, error: messageOf(error) }, 'watch cut');
      outlet.destroy();
    } finally {
      deadline.cancel();
      stopBookmarks();
      this.#watching.close();
    }
  }

  /** In the writer's turn: it only takes note. */
  #see(seen: Seen): void {
    if (this.#over) return;
    if (seen.type === 'END') return this.#finish();
    this.#waiting.push(seen);
    if (seen.type === 'ERROR') this.#finish();
    else if (this.#waiting.length <= this.#mostWaiting) this.#wakeUp();
    else {
      this.#waiting = [];
      this.#isTooSlow = true;
      this.#finish();
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended();
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = nobody;
    wake();
  }

  async #pump(outlet: Outlet): Promise<void> {
    while (!outlet.closed) {
      const batch = this.#waiting;
      if (batch.length === 0) {
        if (this.#over) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.#waiting = [];
      await this.#options.api.durable(batch.reduce((latest, seen) => Math.max(latest, revisionOf(seen)), 0));
      await this.#write(batch, outlet);
    }
  }

  async #write(batch: readonly Event[], outlet: Outlet): Promise<void> {
    let lines: Buffer[] = [];
    let size = 0;
    for (const [at, seen] of batch.entries()) {
      const line = this.#line(seen);
      lines.push(line);
      size += line.length;
      if (size < CHUNK && at < batch.length - 1) continue;
      if (outlet.closed || this.#isTooSlow) return;
      const isRoom = outlet.write(lines);
      lines = [];
      size = 0;
      if (!isRoom) await outlet.drained();
      else if (at < batch.length - 1) await nextTurn();
    }
  }

  #line(seen: Event): Buffer {
    switch (seen.type) {
      case 'ERROR':
        return Buffer.from(`{"type":"ERROR","object":${JSON.stringify(seen.error.toStatus())}}\n`);
      case 'BOOKMARK':
        return Buffer.from(`{"type":"BOOKMARK","object":${this.#bookmark(seen.revision, seen.initialEventsEnd === true)}}\n`);
      default: {
        const { lines, place, view } = this.#options;
        const columns = !this.#columnsSent;
        this.#columnsSent = true;
        return lines.line(seen, place, view, columns);
      }
    }
  }

  #bookmark(revision: number, initialEventsEnd: boolean): string {
    const { view, place } = this.#options;
    const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata = { resourceVersion: String(revision), ...annotations };
    const apiVersion = `meta.k8s.io/${view.version}`;
    if (view.as === 'table') return JSON.stringify({ kind: 'Table', apiVersion, metadata, columnDefinitions: [], rows: [] });
    if (view.as !== 'object') return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion, metadata });
    return JSON.stringify({ kind: place.kind.kind, apiVersion: apiVersionOf(place.kind), metadata });
  }

  /** All events up to the present revision have been seen by now, so it is one that the client may resume from. */
  #bookmarkRegularly(): () => void {
    const { clock, query, api } = this.#options;
    if (!query.allowBookmarks) return () => {};
    const tick = () => {
      this.#see({ type: 'BOOKMARK', revision: api.revision });
      timer = clock.after(BOOKMARK_EVERY, tick);
    };
    let timer = clock.after(BOOKMARK_EVERY, tick);
    return () => timer.cancel();
  }
}

function revisionOf(seen: Event): number {
  if (seen.type === 'ERROR') return 0;
  return seen.type === 'BOOKMARK' ? seen.revision : seen.found.revision;
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Kubernetes ends a watch after half an hour to an hour, so that not all clients come back at once. */
export function defaultTimeout(fraction: number): Millis {
  return (30 + 30 * fraction) * 60_000;
}
