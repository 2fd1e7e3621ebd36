import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError, type Clock, type Millis } from '../../../base/index.ts';
import { LocalRepository, type Judge } from '../local.ts';
import type { Oid } from '../objects.ts';
import type { FileVersion, PastState, Source, SourceOptions } from '../source.ts';
import type { Snapshot } from '../snapshot.ts';
import type { RefWatch } from '../watch.ts';
import { fetchTip, type Fetching } from './fetch.ts';

export interface RemoteOptions {
  /** Where repositories are fetched to. */
  readonly directory: string;
  readonly clock: Clock;
  /** A file with a token, or `USER:PASSWORD`. */
  readonly credentials?: string;
  /** How often the remote is asked; 0 for never: a webhook tells. */
  readonly pollMs?: Millis;
  /** Only what was fetched by another process is looked at. */
  readonly offline?: boolean;
}

const POLL = 60_000;
/** A remote that is away is asked again sooner than the next poll, and not all the time. */
const RETRY = 5_000;

export function isRemote(place: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(place) || /^[\w.-]+@[\w.-]+:/.test(place);
}

/** A repository behind http(s): fetched into the data directory, and read there. */
export async function openRemote(url: string, options: SourceOptions, judge: Judge | undefined): Promise<Source> {
  const { remote } = options;
  refuseWhatCannotBeFetched(url);
  if (!remote) throw new UserError(`${url} is a remote repository: here a folder of this machine is needed`);
  const gitDir = join(remote.directory, `${nameOf(url)}.git`);
  const git = await import('isomorphic-git');
  await git.init({ fs, gitdir: gitDir, bare: true, defaultBranch: 'slipway' });
  await git.addRemote({ fs, gitdir: gitDir, remote: 'origin', url, force: true });
  const layout = { gitDir, commonDir: gitDir, subdirectory: options.path ?? '' };
  const local = new LocalRepository(layout, 'HEAD', judge);
  return new RemoteRepository(local, { url, gitDir, ref: options.ref, credentials: remote.credentials, into: FETCHED_REF }, remote);
}

/** Followed like the branch of a local repository. `HEAD` of the fetched repository leads to it. */
const FETCHED_REF = 'refs/heads/slipway';

function refuseWhatCannotBeFetched(url: string): void {
  const shown = url.replace(/\/\/[^/@]*@/, '//');
  if (!/^https?:\/\//i.test(url)) {
    throw new UserError(`${shown}: only http:// and https:// can be fetched; for others clone it with git and name the folder`);
  }
  const { username, password } = new URL(url);
  if (username || password) {
    throw new UserError(
      `${shown}: credentials in the address would be seen in the process list; put them into a file and name it with --git-credentials`,
    );
  }
}

/** For people who look into the data directory, and different for each address. */
function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').findLast(Boolean) ?? 'repository';
  return `${last.replace(/\.git$/, '').replaceAll(/[^\w.-]/g, '-')}-${createHash('sha256').update(url).digest('hex').slice(0, 8)}`;
}

class RemoteRepository implements Source {
  readonly #local: LocalRepository;
  readonly #fetching: Fetching;
  readonly #options: RemoteOptions;
  #wake: () => void = () => {};
  #fetched: Promise<void> | undefined;

  constructor(local: LocalRepository, fetching: Fetching, options: RemoteOptions) {
    this.#local = local;
    this.#fetching = fetching;
    this.#options = options;
  }

  async tip(): Promise<Oid | undefined> {
    await this.#fetchedOrKnown();
    return this.#local.tip();
  }

  async snapshot(rev?: string): Promise<Snapshot> {
    await this.#fetchedOrKnown();
    return this.#local.snapshot(rev);
  }

  changes(onChange: (tip: Oid) => void, failed: (error: unknown) => void = () => {}): RefWatch {
    const closing = new AbortController();
    const local = this.#local.changes(onChange, failed);
    const polling = this.#options.offline ? undefined : this.#poll(onChange, failed, closing.signal);
    return {
      ready: Promise.all([local.ready, polling && this.#first().catch(() => {})]).then(() => {}),
      close: async () => {
        closing.abort();
        await local.close();
        await polling;
      },
    };
  }

  past(from: Oid, path: string, limit: number): AsyncIterable<PastState> {
    return this.#local.past(from, path, limit);
  }

  versions(from: Oid, path: string): AsyncIterable<FileVersion> {
    return this.#local.versions(from, path);
  }

  look(): void {
    this.#wake();
  }

  /** What was fetched before is good while the remote is away. */
  async #fetchedOrKnown(): Promise<void> {
    await this.#first().catch(async (error: unknown) => {
      if ((await this.#local.tip()) === undefined) throw error;
    });
  }

  #first(): Promise<void> {
    if (this.#options.offline) return Promise.resolve();
    return (this.#fetched ??= fetchTip(this.#fetching));
  }

  async #poll(onChange: (tip: Oid) => void, failed: (error: unknown) => void, signal: AbortSignal): Promise<void> {
    let lost = false;
    const { clock, pollMs = POLL } = this.#options;
    for (let round = 0; !signal.aborted; round++) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const wait = await (round === 0 ? this.#first() : fetchTip(this.#fetching)).then(
        async () => {
          const tip = lost ? await this.#local.tip() : undefined;
          lost = false;
          if (tip && !signal.aborted) onChange(tip);
          return pollMs;
        },
        (error: unknown) => {
          lost = true;
          if (!signal.aborted) failed(error instanceof UserError ? error : new UserError(messageOf(error)));
          return Math.max(RETRY, pollMs);
        },
      );
      const either = AbortSignal.any([signal, woken.signal]);
      await (wait === 0 ? untilAborted(either) : clock.sleep(wait, either).catch(() => {}));
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
