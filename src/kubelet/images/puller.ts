import { messageOf, type Clock, type Millis } from '../../base/index.ts';
import type { Container, Pod, Secret } from '../../model/index.ts';
import type { Images } from '../runtime.ts';
import type { StartFailure } from '../worker/view.ts';
import { loginsFor } from './logins.ts';
import { parseReference, referenceProblem } from './reference.ts';

const FIRST_DELAY_MS: Millis = 10_000;
const LONGEST_DELAY_MS: Millis = 300_000;

/** How long a failure is shown as such, before what is shown is that it is waited for. */
const TOLD_MS: Millis = 1000;

export interface ImagePullerOptions {
  /** Those that a container of the pod finds; undefined where every image is. */
  readonly images: (pod: Pod, container: string) => Images | undefined;
  readonly clock: Clock;
  readonly secret: (namespace: string, name: string) => Secret | undefined;
  readonly tell: (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string) => void;
  /** A pull has come to its end. */
  readonly done: (podUid: string) => void;
}

/** Whether a container can start: its image is there, is on its way, or cannot be had. */
export type ImageAnswer = 'ready' | 'pulling' | StartFailure;

interface Pull {
  readonly image: string;
  readonly attempt: number;
  readonly state: 'pulling' | 'pulled' | { readonly failed: string; readonly at: Millis };
  /** How long it is waited after the next failure. */
  readonly delayMs: Millis;
}

/** Fetches the images of containers as their policies say. A pull holds nobody up: who asks again meanwhile is told that it goes on. */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #closing = new AbortController();
  /** By pod, then by container. */
  readonly #pulls = new Map<string, Map<string, Pull>>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  async ensure(pod: Pod, container: Container, attempt: number): Promise<ImageAnswer> {
    const { clock, tell } = this.#options;
    const { name, image = '', imagePullPolicy: policy = 'IfNotPresent' } = container;
    const reference = parseReference(image);
    if (!reference) {
      const why = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${referenceProblem(image)}`;
      tell(pod, 'Warning', 'InspectFailed', why, name);
      tell(pod, 'Warning', 'Failed', 'Error: InvalidImageName', name);
      return { reason: 'InvalidImageName', message: why, retryAt: clock.now() + LONGEST_DELAY_MS };
    }
    const images = this.#options.images(pod, name);
    if (!images) return 'ready';
    const last = this.#pulls.get(pod.metadata.uid ?? '')?.get(name);
    const pull = last?.image === image ? last : undefined;
    if (pull?.state === 'pulling') return 'pulling';
    if (pull?.state === 'pulled' && pull.attempt === attempt) return 'ready';
    const before = typeof pull?.state === 'object' ? { ...pull.state, until: pull.state.at + pull.delayMs } : undefined;
    if (before && clock.now() < before.until) return this.#waitingFor(pod, container, before);
    const found = policy === 'Always' ? undefined : await images.find(image);
    if (found) {
      tell(pod, 'Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`, name);
      return 'ready';
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      tell(pod, 'Warning', 'ErrImageNeverPull', message, name);
      tell(pod, 'Warning', 'Failed', 'Error: ErrImageNeverPull', name);
      return { reason: 'ErrImageNeverPull', message, retryAt: clock.now() + FIRST_DELAY_MS };
    }
    void this.#pull(pod, container, images, attempt, pull ? Math.min(pull.delayMs * 2, LONGEST_DELAY_MS) : FIRST_DELAY_MS);
    return 'pulling';
  }

  /** The pod is gone. */
  forget(podUid: string): void {
    this.#pulls.delete(podUid);
  }

  close(): void {
    this.#closing.abort(new Error('the kubelet ends'));
  }

  #waitingFor(
    pod: Pod,
    { name, image = '' }: Container,
    { failed, at, until }: { failed: string; at: Millis; until: Millis },
  ): StartFailure {
    const { clock, tell } = this.#options;
    if (clock.now() < at + TOLD_MS) return { reason: 'ErrImagePull', message: failed, retryAt: at + TOLD_MS };
    tell(pod, 'Normal', 'BackOff', `Back-off pulling image "${image}"`, name);
    tell(pod, 'Warning', 'Failed', 'Error: ImagePullBackOff', name);
    return { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${failed}`, retryAt: until };
  }

  async #pull(pod: Pod, { name, image = '' }: Container, images: Images, attempt: number, delayMs: Millis): Promise<void> {
    const { clock, tell, done } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const pulls = this.#pullsOf(pod);
    const pull = { image, attempt, delayMs };
    pulls.set(name, { ...pull, state: 'pulling' });
    // Of another image nobody asks any more.
    const ended = (outcome: Pull) => pulls.get(name)?.image === image && pulls.set(name, outcome);
    const began = clock.now();
    try {
      const secrets = this.#secretsOf(pod);
      tell(pod, 'Normal', 'Pulling', `Pulling image "${image}"`, name);
      const { sizeBytes } = await images.pull(image, loginsFor(image, secrets), this.#closing.signal);
      const took = formatSeconds(clock.now() - began);
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${sizeBytes} bytes.`;
      tell(pod, 'Normal', 'Pulled', message, name);
      ended({ ...pull, state: 'pulled', delayMs: FIRST_DELAY_MS });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      tell(pod, 'Warning', 'Failed', `Failed to pull image "${image}": ${messageOf(error)}`, name);
      tell(pod, 'Warning', 'Failed', 'Error: ErrImagePull', name);
      ended({ ...pull, state: { failed: messageOf(error), at: clock.now() } });
    }
    if (this.#pulls.get(uid) === pulls) done(uid);
  }

  /** What cannot be found is told, and tried without. */
  #secretsOf(pod: Pod): readonly Secret[] {
    const { secret, tell } = this.#options;
    const names = (pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => name);
    const found = names.map((name) => secret(pod.metadata.namespace ?? 'default', name));
    const missing = names.filter((_, i) => !found[i]);
    if (missing.length > 0) {
      const what = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
      tell(pod, 'Warning', 'FailedToRetrieveImagePullSecret', what);
    }
    return found.filter((each) => each !== undefined);
  }

  #pullsOf({ metadata: { uid = '' } }: Pod): Map<string, Pull> {
    const known = this.#pulls.get(uid) ?? new Map<string, Pull>();
    this.#pulls.set(uid, known);
    return known;
  }
}

/** As Go prints a duration that was rounded to milliseconds. */
function formatSeconds(ms: Millis): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = Number((ms / 1000).toFixed(3));
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Number((seconds % 60).toFixed(3))}s`;
}
