import { apiVersionOf, type InventoryItem, type Manifest } from '../../model/index.ts';
import { identityOf, identityOfItem, identityOfTarget } from '../desired/identity.ts';
import type { DesiredObject } from '../desired/desired.ts';
import type { ApplicationPlan, HookStep, Step } from '../plan/steps.ts';
import { MADE_FIRST } from '../plan/namespaces.ts';
import { syncDigest } from '../plan/synced.ts';
import type { ApplyReport } from './apply.ts';

/** What an application owns after a plan was run, in the order of applying; what stays behind comes last. */
export function inventoryAfter(
  before: readonly InventoryItem[],
  plan: ApplicationPlan,
  { results }: ApplyReport,
): readonly InventoryItem[] {
  const left = new Map(before.map((item) => [identityOfItem(item), item] as const));
  const after: InventoryItem[] = [];
  for (const identity of plan.forgotten) left.delete(identity);
  plan.steps.forEach((step, i) => {
    if (step.op === 'hook' || isRoom(step)) return;
    const identity = 'desired' in step ? step.desired.identity : identityOfTarget(step.target);
    const item = itemAfter(step, results[i], left.get(identity));
    left.delete(identity);
    if (item) after.push(item);
  });
  return [...after, ...left.values()];
}

/** A namespace that was made for what is put into it belongs to nobody. */
const isRoom = (step: Step) => step.op === 'create' && step.desired.stage === MADE_FIRST;

function itemAfter(
  step: Exclude<Step, HookStep>,
  result: ApplyReport['results'][number] | undefined,
  before: InventoryItem | undefined,
): InventoryItem | undefined {
  if (result?.outcome === 'running' && step.op !== 'prune') return before && withoutDigest(before);
  if (result?.outcome !== 'applied') return before;
  return step.op === 'prune' || !result.object ? undefined : toItem(step.desired, result.object, before);
}

/** It is on its way out to be made anew, so its end is no drift. */
function withoutDigest(item: InventoryItem): InventoryItem {
  const { digest, ...rest } = item;
  return digest === undefined ? item : rest;
}

/** An item that stayed the same is the same value, so that a status without a change is seen to have none. */
function toItem({ kind, namespace, name, digest }: DesiredObject, live: Manifest, before: InventoryItem | undefined): InventoryItem {
  // Without a digest the object is looked at again: one on its way out is not what was asked for.
  const synced = live.metadata.deletionTimestamp ? undefined : syncDigest(digest, live);
  const { uid } = live.metadata;
  const apiVersion = apiVersionOf(kind);
  if (before && before.apiVersion === apiVersion && before.uid === uid && before.digest === synced) return before;
  return { apiVersion, kind: kind.kind, ...(namespace ? { namespace } : {}), name, uid, ...(synced ? { digest: synced } : {}) };
}

/** What a plan that was cut off may have made: owned until the next plan knows better. */
export function withIntended(inventory: readonly InventoryItem[], intended: readonly InventoryItem[]): readonly InventoryItem[] {
  const known = new Set(inventory.map(identityOf));
  return [...inventory, ...intended.filter((item) => !known.has(identityOf(item)))];
}
