import { isStatus } from '../../base/index.ts';
import type { Manifest } from '../../model/index.ts';
import { healthOf, type Health } from '../../status/index.ts';
import type { HookEnd } from '../desired/directives.ts';
import type { HookStep } from '../plan/steps.ts';
import type { WriteTools } from './bound.ts';

/** Which run of which sync a hook belongs to: by it a sync that was cut off finds its own again. */
const RUN_ANNOTATION = 'slipway.dev/run';

export type HookState =
  | { readonly kind: 'running'; readonly object: Manifest | undefined }
  | { readonly kind: 'ended'; readonly as: HookEnd; readonly health: Health };

/** Starts a hook, or looks at how far it is. What is left of an earlier run makes room first. */
export async function runHook({ desired }: HookStep, run: string, { client, live, because }: WriteTools): Promise<HookState> {
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

/** Takes a hook that has ended away, if its manifest says so. */
export async function cleanHook({ desired }: HookStep, as: HookEnd, { client, live, because }: WriteTools): Promise<void> {
  if (!desired.directives.hookDelete.includes(as)) return;
  const present = await live.read(desired);
  if (present?.metadata.annotations?.[RUN_ANNOTATION] === undefined) return;
  await client.delete(desired, { preconditions: { uid: present.metadata.uid }, propagation: 'Background', because }).catch(ignoreGone);
}

function ignoreGone(error: unknown): void {
  if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
}
