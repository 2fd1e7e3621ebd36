import { isStatus } from '../../base/index.ts';
import type { Client, Note } from '../../client/index.ts';
import type { Manifest } from '../../model/index.ts';
import type { DesiredObject } from '../desired/desired.ts';
import { atRevision, changesToObject, digestOfChange, previewOf } from '../plan/object.ts';
import type { Live } from '../plan/live.ts';
import type { Step } from '../plan/steps.ts';
import type { Veil } from '../veil.ts';
import { changeCauseOf } from './cause.ts';

export interface WriteTools {
  readonly client: Pick<Client, 'apply' | 'delete' | 'update'>;
  readonly live: Live;
  readonly veil: Veil;
  /** Kept in the journal beside each write. */
  readonly because: string;
}

export interface StepTools extends WriteTools {
  /** What a rollout is named for. */
  readonly cause: string;
}

/** The object as it was written, or that the plan no longer fits what is there. */
export type Written = { readonly object: Manifest } | 'outdated';

/** How often others may write between our look and our write before we plan again. */
const TRIES = 4;

export async function writeCreate(step: Extract<Step, { op: 'create' }>, { client, live, because, cause }: StepTools): Promise<Written> {
  const { desired } = step;
  // Apply would take over an object that came meanwhile, which nobody was shown.
  if (await live.read(desired)) return 'outdated';
  const note = changeCauseOf(step, cause);
  return { object: await client.apply<Manifest>(desired.kind, desired.object, { force: true, because, note }) };
}

/** Writes the change that was shown: under the revision it was computed at, or under a later one that gives the same change. */
export async function writeUpdate(step: Extract<Step, { op: 'update' }>, tools: StepTools): Promise<Written> {
  const { client, live, because, cause } = tools;
  const { desired, uid } = step;
  const note = changeCauseOf(step, cause);
  let revision: string | undefined = step.resourceVersion;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const present = await live.read(desired);
    if (present?.metadata.uid !== uid) return 'outdated';
    if (present.metadata.resourceVersion !== revision) revision = await revisionOfSameChange(step, present, tools);
    if (revision === undefined) return 'outdated';
    try {
      const applied = await client.apply<Manifest>(desired.kind, atRevision(desired.object, revision), { force: true, uid, because, note });
      return { object: desired.directives.replace ? await takeAwayTheRest(applied, desired, note, tools) : applied };
    } catch (error) {
      if (!isStatus(error, 'Conflict')) throw error;
    }
  }
  return 'outdated';
}

/** After an apply a replacement changes nothing but what others added, so nobody comes to own a field twice. */
function takeAwayTheRest(
  applied: Manifest,
  { kind, object }: DesiredObject,
  note: Note | undefined,
  { client, because }: WriteTools,
): Promise<Manifest> {
  const { metadata } = object;
  const kept = note ? { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...note.annotations } } } : object;
  return client.update(kind, atRevision(kept, applied.metadata.resourceVersion!), { because });
}

async function revisionOfSameChange(
  step: Extract<Step, { op: 'update' }>,
  present: Manifest,
  { client, veil }: WriteTools,
): Promise<string | undefined> {
  const preview = await previewOf(step.desired, present, client);
  const change = digestOfChange(step.uid, changesToObject(veil.cover(present), veil.cover(preview)));
  return change === step.change ? present.metadata.resourceVersion : undefined;
}

/** Removes the object that was shown, and makes the new one once it is gone: it may end slowly. */
export async function writeReplace(
  step: Extract<Step, { op: 'replace' }>,
  tools: StepTools,
): Promise<Written | { readonly ending: Manifest }> {
  const { client, live, because, cause } = tools;
  if ((await writePrune(step, tools)) === 'another') return 'outdated';
  const left = await live.read(step.desired);
  if (left) return left.metadata.uid === step.uid ? { ending: left } : 'outdated';
  const note = changeCauseOf(step, cause);
  return { object: await client.apply<Manifest>(step.desired.kind, step.desired.object, { force: true, because, note }) };
}

/** Removes the object that was shown, and no other of the same name. */
export async function writePrune(
  { target, uid }: Pick<Extract<Step, { op: 'prune' }>, 'target' | 'uid'>,
  { client, because }: WriteTools,
  propagation: 'Background' | 'Foreground' = 'Background',
): Promise<'gone' | 'another'> {
  try {
    await client.delete(target, { preconditions: { uid }, propagation, because });
    return 'gone';
  } catch (error) {
    if (isStatus(error, 'NotFound')) return 'gone';
    if (isStatus(error, 'Conflict')) return 'another';
    throw error;
  }
}
