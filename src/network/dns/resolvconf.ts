import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock, Millis } from '../../base/index.ts';
import type { Upstream } from './forward.ts';

const DNS_PORT = 53;
const MOST_SERVERS = 3;

/** The resolvers that a `resolv.conf` names, without those that would only ask us again. */
export function upstreamsIn(text: string, own: readonly string[]): readonly Upstream[] {
  return text
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => isIP(address) !== 0 && !own.includes(address))
    .slice(0, MOST_SERVERS)
    .map((address) => ({ address, port: DNS_PORT }));
}

/** How long it may take until a change of the file is seen. */
const LOOK_AGAIN: Millis = 2_000;

/** The resolvers of the machine as its file names them now: looked at while questions go out, and never in between. */
export function followResolvConf(path: string, own: readonly string[], clock: Clock): () => readonly Upstream[] {
  let upstreams: readonly Upstream[] = [];
  let [lookedAt, changedAt] = [Number.NEGATIVE_INFINITY, Number.NaN];
  return () => {
    if (clock.now() - lookedAt < LOOK_AGAIN) return upstreams;
    lookedAt = clock.now();
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs !== changedAt) upstreams = upstreamsIn(readFileSync(path, 'utf8'), own);
      changedAt = mtimeMs;
    } catch {
      // While it is replaced it may be away: what it said last holds.
    }
    return upstreams;
  };
}
