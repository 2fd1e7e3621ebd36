import { messageOf, type Log } from '../../base/index.ts';
import type { DataPlane } from '../dataplane.ts';
import { runProgram, systemProgram } from './command.ts';
import { commentOf, removeOrphans } from './owner.ts';
import { NftPlane, type NftOptions } from './plane.ts';
import { deleteTable, emptyTable } from './rules.ts';

export type OpenedNft =
  | { readonly ok: true; readonly plane: DataPlane; readonly carriesDatagrams: boolean }
  | { readonly ok: false; readonly because: string };

export interface NftOpening {
  readonly table: string;
  readonly owner?: string | undefined;
  readonly log: Log;
}

/** Leaves a table of an earlier life in force until there is another one. */
export async function openNft({ table, owner, log }: NftOpening): Promise<OpenedNft> {
  const nft = systemProgram('nft');
  if (!nft) return { ok: false, because: 'nft is not installed (package nftables)' };
  const apply = async (commands: string) => void (await runProgram(nft, ['-f', '-'], commands));
  const comment = owner && commentOf(owner);
  try {
    // Made and removed in one transaction: that shows whether the machine permits it, and no packet ever meets it.
    await apply(emptyTable(`${table}-try`, comment) + deleteTable(`${table}-try`));
  } catch (error) {
    return { ok: false, because: `nft: ${messageOf(error)}` };
  }
  await removeOrphans(nft, log);
  const conntrack = systemProgram('conntrack');
  const forget: NftOptions['forget'] = async (address, endpoint) => {
    if (!conntrack) throw new Error('conntrack is not installed (package conntrack)');
    const to = endpoint ? ['--dst-nat', endpoint.address] : [];
    const args = ['-D', '-p', 'udp', '--orig-dst', address.address, '--orig-port-dst', String(address.port), ...to];
    await runProgram(conntrack, args).catch((error: unknown) => {
      if (!/ 0 flow entries/.test(messageOf(error))) throw error;
    });
  };
  return { ok: true, plane: new NftPlane({ table, comment, apply, forget, log }), carriesDatagrams: conntrack !== undefined };
}

/** What a daemon that was killed may have left. */
export async function removeTable(table: string): Promise<void> {
  const nft = systemProgram('nft');
  if (nft) await runProgram(nft, ['-f', '-'], deleteTable(table)).catch(() => '');
}
