import type { Application, InventoryItem, Manifest } from '../../model/index.ts';
import { isApplication } from '../desired/declared.ts';
import { isLeftToItself, readDirectives } from '../desired/directives.ts';
import { formatTarget, identityOf, type Identity, type Target } from '../desired/identity.ts';
import type { KindLookup } from '../desired/kinds.ts';
import { byApplyOrder } from '../desired/order.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import type { Live } from './live.ts';
import type { Veil } from '../veil.ts';
import type { HeldStep, Moving, PruneStep } from './steps.ts';

/** What the rest of the commit says about an object that this application no longer declares. */
export interface Elsewhere {
  /** The application that declares it now. */
  claimant(identity: Identity): string | undefined;
  /** Whether that application will make it its own, or leaves it as it is. */
  isTakenOver(identity: Identity): boolean;
  /** A file that could not be read and may declare it. */
  doubt(name: string): string | undefined;
  /** Whether the commit has an application of this name, written down or not. */
  has(application: string): boolean;
}

export interface Prunes {
  readonly steps: readonly PruneStep[];
  readonly held: readonly HeldStep[];
  readonly forgotten: readonly Identity[];
  readonly moving: readonly Moving[];
  readonly warnings: readonly string[];
}

/** `release`: an Application that nobody writes down any more, and whose directory stays. */
type Fate = 'prune' | 'forget' | 'leave' | 'release' | { readonly hold: string } | { readonly moveTo: string };

/** What becomes of an object in the inventory that the application no longer declares. */
export function fateOf(
  item: InventoryItem,
  live: Manifest | undefined,
  { application, elsewhere, goes = false }: { application: string; elsewhere: Elsewhere; /** The whole application. */ goes?: boolean },
): Fate {
  if (!live) return 'forget';
  const owner = live.metadata.labels?.[APPLICATION_LABEL];
  const isOurs = owner === undefined ? item.uid === live.metadata.uid : owner === application;
  if (!isOurs) return 'forget';
  const identity = identityOf(item);
  const claimant = elsewhere.claimant(identity);
  // Until the other one has it, the commit may still take it away from there, and nobody else would know of it.
  if (claimant !== undefined) return elsewhere.isTakenOver(identity) && !isLeftToItself(live) ? { moveTo: claimant } : 'forget';
  // An application outlives its objects, and then goes by itself.
  if (isApplication(item) && goes && item.name === application) return 'forget';
  if (isApplication(item) && elsewhere.has(item.name)) return 'release';
  const { keepWhenRemoved, keepWithoutApplication } = readDirectives(live).directives;
  if (keepWhenRemoved || (goes && keepWithoutApplication)) return 'leave';
  // With the Application its inventory would go, and so the knowledge of what it owns.
  const left = isApplication(item) ? (live as unknown as Application).status?.inventory?.length : undefined;
  if (left) return { hold: `its ${left === 1 ? 'object goes' : `${left} objects go`} first` };
  const doubt = elsewhere.doubt(item.name);
  return doubt === undefined ? 'prune' : { hold: `it may have moved to ${doubt}, which cannot be read` };
}

function pruneOf(target: Target, before: Manifest): PruneStep {
  const uid = before.metadata.uid!;
  return { op: 'prune', target, before, uid, change: `prune ${uid}` };
}

export async function planPrunes(
  leftover: readonly InventoryItem[],
  { live, kinds, veil, ...about }: { application: string; elsewhere: Elsewhere; goes: boolean; live: Live; kinds: KindLookup; veil: Veil },
): Promise<Prunes> {
  const found = {
    steps: [] as PruneStep[],
    held: [] as HeldStep[],
    forgotten: [] as Identity[],
    moving: [] as Moving[],
    warnings: [] as string[],
  };
  for (const item of leftover) {
    const kind = await kinds.find(item);
    const target: Target | undefined = kind && { kind, namespace: item.namespace, name: item.name };
    const present = target && (await live.read(target));
    const fate = fateOf(item, present, about);
    if (fate === 'leave') found.warnings.push(`${formatTarget(target!)} stays and is nobody's from now on: it is annotated so`);
    if (fate === 'release')
      found.warnings.push(`${formatTarget(target!)} is not written down any more: its directory is like any other from now on`);
    if (fate === 'forget' || fate === 'leave' || fate === 'release') found.forgotten.push(identityOf(item));
    else if (fate === 'prune') found.steps.push(pruneOf(target!, veil.cover(present!)));
    else if ('moveTo' in fate) found.moving.push({ target: target!, to: fate.moveTo });
    else found.held.push({ target: target!, reason: `${formatTarget(target!)} stays: ${fate.hold}` });
  }
  return { ...found, steps: found.steps.toSorted((a, b) => waveOf(b) - waveOf(a) || byApplyOrder(b.target, a.target)) };
}

/** What was applied last goes first. */
const waveOf = ({ before }: PruneStep) => readDirectives(before).directives.wave;
