import type { Container } from '../../model/index.ts';
import type { PodView } from './view.ts';

/** A pod with this annotation takes its volumes under `$SLIPWAY_ROOT` instead of at their paths. */
export const VOLUMES_ANNOTATION = 'slipway.dev/volumes';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Why this runtime cannot run the pod as it is; it waits, and says so, until it is changed or replaced. */
export function refusal({ pod, features, runtimeName }: Pick<PodView, 'pod' | 'features' | 'runtimeName'>): Refusal | undefined {
  if (features.images && features.volumes !== 'underRoot') return undefined;
  const containers: readonly Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const mounting = containers.find(({ volumeMounts }) => volumeMounts?.length);
  if (mounting && features.volumes === 'underRoot' && pod.metadata.annotations?.[VOLUMES_ANNOTATION] !== 'root') {
    return {
      reason: 'VolumeMountsNotSupported',
      message: `container ${mounting.name} has volumeMounts, and the runtime ${runtimeName} cannot mount: annotate the pod with ${VOLUMES_ANNOTATION}: root to find its volumes under $SLIPWAY_ROOT`,
    };
  }
  const [message] = containers.flatMap((container) => unsaid(container, features, runtimeName) ?? []);
  return message === undefined ? undefined : { reason: 'CreateContainerConfigError', message };
}

/** Why nobody knows what a container is to run. */
export function unsaid({ name, image = '', command }: Container, { images }: PodView['features'], runtimeName: string): string | undefined {
  if (images || command?.length) return undefined;
  return `container ${name} has no command, and for the runtime ${runtimeName} the image ${image} does not say what to run: set its command`;
}
