import { withIntended } from '../apply/inventory.ts';
import { Pace } from '../pace.ts';
import type { SyncTools } from './tools.ts';

/** Objects that were owned before: about 10 ms. */
const REMEMBERED_PER_TURN = 2_000;

/** What is owned outlives the process in the Application objects, and in the plans that were cut off. */
export async function remember({ applications, history, kinds, watch }: SyncTools, synced: Promise<void>): Promise<void> {
  const cutOff = await history.load();
  await synced;
  const pace = new Pace(REMEMBERED_PER_TURN);
  for (const { metadata, status } of await applications.list()) {
    const inventory = withIntended(status?.inventory ?? [], cutOff.get(metadata.name) ?? []);
    const kindOf = await kinds.resolve(inventory);
    await watch.open(new Set(inventory.flatMap((item) => kindOf(item) ?? [])));
    await watch.remember(metadata.name, inventory, kindOf, pace);
  }
}
