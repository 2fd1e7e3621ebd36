import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Millis } from './clock.ts';

/** After this, a turn of the main loop leaves what can wait to the next one: requests come in between. */
const LONG: Millis = 20;

let began: Millis | undefined;

/** All who work on the main loop share its turns: what one has used of a turn, the others have not. */
export function isTurnLong(clock: Clock): boolean {
  if (began === undefined) {
    began = clock.now();
    setImmediate(() => (began = undefined));
  }
  return clock.now() - began >= LONG;
}

/** Between two pieces of work that nobody waits for. */
export async function giveWay(clock: Clock): Promise<void> {
  while (isTurnLong(clock)) await nextTurn();
}
