import type { Clock, Millis } from '../../base/index.ts';
import type { Api } from '../api.ts';

/** Kubernetes waits so long for a version that is still to come. */
const LONGEST: Millis = 3000;
const LOOK_AGAIN: Millis = 50;

/**
 * A client may have seen a version that this server has not got to yet: it is waited for, and refused by the verb when
 * it does not come. Nothing tells of revisions as such, and who asks for one in the future is rare: so this looks.
 */
export async function freshEnough({ api, clock }: { readonly api: Api; readonly clock: Clock }, version: string | null): Promise<void> {
  const asked = Number(version);
  for (let waited = 0; asked > api.revision && waited < LONGEST; waited += LOOK_AGAIN) await clock.sleep(LOOK_AGAIN);
}
