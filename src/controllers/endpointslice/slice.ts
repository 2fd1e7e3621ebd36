import { canonicalJson } from '../../base/index.ts';
import {
  controllerReference,
  formatTime,
  parseTime,
  SERVICE_NAME_LABEL,
  SERVICES,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Labels,
  type Pod,
  type Service,
} from '../../model/index.ts';
import { readySince } from '../../status/index.ts';
import { shortHash } from '../hash.ts';
import type { Family } from './endpoint.ts';

export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** Only the slices that this controller makes are its to change. */
export function isOurs(slice: EndpointSlice): boolean {
  return slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

export const isHeadless = ({ spec }: Service): boolean => !spec.clusterIP || spec.clusterIP === 'None';

/** The Service's own labels, and those by which the slice is found. */
export function labelsOf(service: Service): Labels {
  const { [HEADLESS_LABEL]: _, ...own } = service.metadata.labels ?? {};
  return {
    ...own,
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  };
}

/** One name for each place in the row of a Service's slices: a repeated creation finds the first. */
export function sliceName(service: Service, family: Family, place: number): string {
  return `${service.metadata.name}-${shortHash(canonicalJson([service.metadata.uid, family, place]))}`;
}

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** When the newest of what a list is made of came to be so: from there the delay of its writing is measured. */
export function triggerTime(service: Service, pods: readonly Pod[]): Labels {
  const times = [parseTime(service.metadata.creationTimestamp), ...pods.map(readySince)].filter((time) => time !== undefined);
  const newest = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  return times.length > 0 ? { [TRIGGER_TIME]: formatTime(newest) } : {};
}

export function newSlice(
  service: Service,
  family: Family,
  name: string,
  ports: readonly EndpointPort[],
  endpoints: readonly Endpoint[],
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: service.metadata.namespace!,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service, SERVICES)],
    },
    addressType: family,
    endpoints,
    ports,
  };
}
