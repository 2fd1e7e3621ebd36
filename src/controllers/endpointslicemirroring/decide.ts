import { canonicalJson, equalJson } from '../../base/index.ts';
import {
  apiVersionOf,
  controllerReference,
  ENDPOINTS,
  ENDPOINT_SLICES,
  SERVICE_NAME_LABEL,
  type Endpoint,
  type EndpointAddress,
  type EndpointPort,
  type Endpoints,
  type EndpointSlice,
  type Labels,
  type Service,
} from '../../model/index.ts';
import { familyOf, type Family } from '../endpointslice/endpoint.ts';
import { HEADLESS_LABEL, MANAGED_BY_LABEL, TRIGGER_TIME } from '../endpointslice/slice.ts';
import type { SliceChanges } from '../endpointslice/slices.ts';
import { shortHash } from '../hash.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
/** Some use Endpoints as a lock. */
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

/** More addresses of one subset are not copied. */
export const MOST_ADDRESSES = 1000;

export const isMirror = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;

/** Whether anybody is to find the Service by these: for one with a selector, slices are made of its pods. */
export function isToMirror({ metadata }: Endpoints, service: Service): boolean {
  return !service.spec.selector && metadata.labels?.[SKIP_LABEL] !== 'true' && metadata.annotations?.[LEADER] === undefined;
}

export interface Mirror {
  readonly slices: readonly EndpointSlice[];
  /** Addresses that were too many. */
  readonly skipped: number;
}

/** One slice for all addresses of a family that serve the same ports. Its name says which those are, so that it is found again. */
export function mirrorOf(endpoints: Endpoints): Mirror {
  const slices = new Map<string, { family: Family; ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  let skipped = 0;
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    const found = [...addresses.map((each) => endpointAt(each, true)), ...notReadyAddresses.map((each) => endpointAt(each, false))];
    skipped += Math.max(0, found.length - MOST_ADDRESSES);
    const served = ports.map(({ name = '', protocol = 'TCP', ...port }) => ({ name, protocol, ...port }));
    for (const endpoint of found.slice(0, MOST_ADDRESSES)) {
      const family = familyOf(endpoint.addresses[0]!);
      const key = canonicalJson([family, served]);
      const slice = slices.get(key) ?? { family, ports: served, endpoints: [] };
      slice.endpoints.push(endpoint);
      slices.set(key, slice);
    }
  }
  return { slices: [...slices].map(([key, slice]) => sliceFor(endpoints, key, slice)), skipped };
}

function endpointAt({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}

function sliceFor(
  original: Endpoints,
  key: string,
  { family, ports, endpoints }: { family: Family; ports: readonly EndpointPort[]; endpoints: readonly Endpoint[] },
): EndpointSlice {
  const { metadata } = original;
  const { [HEADLESS_LABEL]: _, ...labels } = metadata.labels ?? {};
  const annotations = copied(metadata.annotations ?? {});
  return {
    apiVersion: apiVersionOf(ENDPOINT_SLICES),
    kind: ENDPOINT_SLICES.kind,
    metadata: {
      name: `${metadata.name}-${shortHash(metadata.uid + key)}`,
      namespace: metadata.namespace!,
      labels: { ...labels, [SERVICE_NAME_LABEL]: metadata.name, [MANAGED_BY_LABEL]: MANAGER },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(original, ENDPOINTS)],
    },
    addressType: family,
    endpoints,
    ports,
  };
}

/** What is said of the Endpoints as such is not said of their copy. */
const NOT_COPIED = ['kubectl.kubernetes.io/last-applied-configuration', TRIGGER_TIME];

const copied = (annotations: Labels): Labels =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => !NOT_COPIED.includes(name)));

/** The fewest writes that make the copies what they should be. */
export function decideMirrors(wanted: readonly EndpointSlice[], present: readonly EndpointSlice[]): SliceChanges {
  const byName = new Map(present.map((slice) => [slice.metadata.name, slice]));
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  return {
    create: wanted.filter(({ metadata }) => !byName.has(metadata.name)),
    update: wanted.flatMap((slice) => {
      const there = byName.get(slice.metadata.name);
      return there && !saysTheSame(there, slice) ? [{ ...slice, metadata: { ...there.metadata, ...slice.metadata } }] : [];
    }),
    remove: present.filter(({ metadata }) => !names.has(metadata.name)),
  };
}

function saysTheSame(a: EndpointSlice, b: EndpointSlice): boolean {
  const { labels, annotations = {}, ownerReferences } = b.metadata;
  return (
    equalJson(a.endpoints ?? [], b.endpoints) &&
    equalJson(a.ports ?? [], b.ports) &&
    equalJson(a.metadata.labels, labels) &&
    equalJson(a.metadata.annotations ?? {}, annotations) &&
    equalJson(a.metadata.ownerReferences, ownerReferences)
  );
}
