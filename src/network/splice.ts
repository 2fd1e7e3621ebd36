import type { Socket } from 'node:net';
import type { Dialled } from './dial.ts';

/** Carries bytes both ways. A side that ends its half ends the other's half too; a side that breaks resets the other. */
export function splice(client: Socket, { socket: upstream, take }: Dialled): void {
  client.on('error', () => upstream.resetAndDestroy());
  upstream.on('error', () => client.resetAndDestroy());
  client.pipe(upstream);
  client.on('drain', () => upstream.resume());
  upstream.on('end', () => client.end());
  take((bytes) => client.write(Buffer.from(bytes)));
}
