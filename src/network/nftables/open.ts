import { messageOf, type Log } from '../../base/index.ts';
import type { DataPlane } from '../dataplane.ts';
import { runProgram, systemProgram } from './command.ts';
import { NftPlane, type NftOptions } from './plane.ts';
import { deleteTable, emptyTable } from './rules.ts';

export type OpenedNft =
  | { readonly ok: true; readonly plane: DataPlane; readonly carriesDatagrams: boolean }
  | { readonly ok: false; readonly because: string };

/** Lays an empty table, which shows whether the machine permits it. */
export async function openNft(table: string, log: Log): Promise<OpenedNft> {
  const nft = systemProgram('nft');
  if (!nft) return { ok: false, because: 'nft is not installed (package nftables)' };
  const apply = async (commands: string) => void (await runProgram(nft, ['-f', '-'], commands));
  try {
    await apply(emptyTable(table));
  } catch (error) {
    return { ok: false, because: `nft: ${messageOf(error)}` };
  }
  const conntrack = systemProgram('conntrack');
  const forget: NftOptions['forget'] = async (address, endpoint) => {
    if (!conntrack) throw new Error('conntrack is not installed (package conntrack)');
    const to = endpoint ? ['--dst-nat', endpoint.address] : [];
    const args = ['-D', '-p', 'udp', '--orig-dst', address.address, '--orig-port-dst', String(address.port), ...to];
    await runProgram(conntrack, args).catch((error: unknown) => {
      if (!/ 0 flow entries/.test(messageOf(error))) throw error;
    });
  };
  return { ok: true, plane: new NftPlane({ table, apply, forget, log }), carriesDatagrams: conntrack !== undefined };
}

/** What a daemon that was killed may have left. */
export async function removeTable(table: string): Promise<void> {
  const nft = systemProgram('nft');
  if (nft) await runProgram(nft, ['-f', '-'], deleteTable(table)).catch(() => '');
}
