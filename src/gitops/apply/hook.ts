import { isStatus } from '../../base/index.ts';
import type { Manifest } from '../../model/index.ts';
import { healthOf, type Health } from '../../status/index.ts';
import type { HookEnd } from '../desired/directives.ts';
import type { Target } from '../desired/identity.ts';
import type { HookStep } from '../plan/steps.ts';
import type { WriteTools } from './bound.ts';

/** Which run of which sync a hook belongs to, and in which phase: by it a sync that was cut off finds its own again. */
const RUN_ANNOTATION = 'slipway.dev/run';

export type HookState =
  | { readonly kind: 'running'; readonly object: Manifest | undefined }
  | { readonly kind: 'ended'; readonly as: HookEnd; readonly health: Health };

/** Starts a hook, or looks at how far it is. What is left of an earlier run makes room first. */
export async function runHook({ desired }: HookStep, sync: string, { client, live, because }: WriteTools): Promise<HookState> {
  const run = `${sync}.${desired.stage.phase}`;
  const present = await live.read(desired);
  if (present?.metadata.annotations?.[RUN_ANNOTATION] === run) return stateOf(present);
  if (present) {
    const { uid } = present.metadata;
    await client.delete(desired, { preconditions: { uid }, propagation: 'Background', because }).catch(ignoreGone);
    // One with finalizers or grace is seen to go.
    if (await live.read(desired)) return { kind: 'running', object: undefined };
  }
  const { metadata } = desired.object;
  const object = { ...desired.object, metadata: { ...metadata, annotations: { ...metadata.annotations, [RUN_ANNOTATION]: run } } };
  return stateOf(await client.apply<Manifest>(desired.kind, object, { force: true, because }));
}

/** A Job or a Pod has to come to its end; anything else has to be healthy. */
function stateOf(object: Manifest): HookState {
  const health = healthOf(object);
  const runsOut = object.kind === 'Pod' && object.apiVersion === 'v1';
  const phase = (object['status'] as { phase?: string } | undefined)?.phase;
  if (health.state === 'Healthy' && (!runsOut || phase === 'Succeeded')) return { kind: 'ended', as: 'Succeeded', health };
  const canEnd = runsOut ? phase === 'Failed' : object.kind === 'Job';
  return health.state === 'Degraded' && canEnd ? { kind: 'ended', as: 'Failed', health } : { kind: 'running', object };
}

/** Takes a hook away that has ended as its manifest says. */
export async function cleanHook(
  { desired }: HookStep,
  { client, live, because }: Pick<WriteTools, 'client' | 'live' | 'because'>,
): Promise<void> {
  if (desired.directives.hookDelete.length === 0) return;
  const present = await live.read(desired);
  if (present?.metadata.annotations?.[RUN_ANNOTATION] === undefined) return;
  const state = stateOf(present);
  if (state.kind === 'running' || !desired.directives.hookDelete.includes(state.as)) return;
  await client.delete(desired, { preconditions: { uid: present.metadata.uid }, propagation: 'Background', because }).catch(ignoreGone);
}

/** Ends a hook that still runs for a sync that was overtaken. */
export async function endHook(
  target: Target,
  sync: string,
  { client, live, because }: Pick<WriteTools, 'client' | 'live' | 'because'>,
): Promise<void> {
  const present = await live.read(target);
  if (!present?.metadata.annotations?.[RUN_ANNOTATION]?.startsWith(`${sync}.`) || stateOf(present).kind === 'ended') return;
  await client.delete(target, { preconditions: { uid: present.metadata.uid }, propagation: 'Background', because }).catch(ignoreGone);
}

function ignoreGone(error: unknown): void {
  if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
}
