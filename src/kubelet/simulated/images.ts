import type { Clock, Millis } from '../../base/index.ts';
import type { Images } from '../runtime.ts';
import { setting, type Annotations } from './lifetime.ts';

/** Why the image of a container cannot be had. */
const PULL_ERROR = 'slipway.dev/pull-error';

/** So long a registry takes to say so. */
const PULL_MS: Millis = 1000;

/** Every image is there, except where the pod says otherwise. */
export function simulatedImages(annotations: Annotations, container: string, clock: Clock): Images | undefined {
  const why = setting(annotations, PULL_ERROR, container);
  if (why === undefined) return undefined;
  const pull: Images['pull'] = async (_name, _logins, signal) => {
    await clock.sleep(PULL_MS, signal);
    throw new Error(why);
  };
  return { list: async () => [], find: async () => undefined, pull };
}
