import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { messageOf, type Log } from '../base/index.ts';

const run = promisify(execFile);

/**
 * Makes cluster addresses on which this process listens addresses of this machine, so that containers, whose loopback is
 * their own, reach it there. They stay when it ends, as the containers do.
 */
export async function claimAddresses(addresses: readonly string[], log: Log): Promise<void> {
  const there = new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
  for (const address of addresses.filter((each) => !there.has(each))) {
    await run('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']).catch((error: unknown) =>
      log.warn({ address, error: messageOf(error) }, 'an address of the cluster cannot be made one of this machine'),
    );
  }
}

/** Those that are not there are not missed. */
export async function dropAddresses(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await run('ip', ['address', 'delete', `${address}/32`, 'dev', 'lo']).catch(() => {});
}
