import type { Socket } from 'node:net';

/** Carries bytes both ways. A side that ends its half ends the other's half too; a side that breaks resets the other. */
export function splice(a: Socket, b: Socket): void {
  join(a, b);
  join(b, a);
}

function join(from: Socket, to: Socket): void {
  from.on('error', () => to.resetAndDestroy());
  from.pipe(to);
}
