import { equalJson } from '../../base/index.ts';
import {
  controllerReference,
  SERVICES,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Pod,
  type Service,
} from '../../model/index.ts';
import { endpointOf, familiesOf, type Family, type ZoneOf } from './endpoint.ts';
import { portsReader } from './ports.ts';
import { labelsOf, newSlice, sliceName, triggerTime } from './slice.ts';

export const ENDPOINTS_PER_SLICE = 100;

export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** Pods that serve the same ports. */
interface Group {
  readonly ports: readonly EndpointPort[];
  /** By the pod's uid. */
  readonly endpoints: Map<string, Endpoint>;
}

/** What a slice should hold. */
interface Content {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** The fewest writes that make the slices list the Service's pods. An endpoint stays in the slice where it is. */
export function decideSlices(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  zoneOf: ZoneOf = () => undefined,
): SliceChanges {
  const families = familiesOf(service);
  const changes = families.map((family) =>
    decideFamily(
      service,
      family,
      groupByPorts(service, family, pods, zoneOf),
      existing.filter((slice) => slice.addressType === family),
    ),
  );
  const strays = existing.filter((slice) => !families.includes(slice.addressType));
  const create = changes.flatMap((change) => change.create);
  const update = changes.flatMap((change) => change.update);
  const remove = [...changes.flatMap((change) => change.remove), ...strays];
  if (create.length + update.length === 0) return { create, update, remove };
  const since = triggerTime(service, pods);
  const stamped = ({ metadata, ...slice }: EndpointSlice): EndpointSlice => ({
    ...slice,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...since } },
  });
  return { create: create.map(stamped), update: update.map(stamped), remove };
}

function decideFamily(service: Service, family: Family, groups: readonly Group[], existing: readonly EndpointSlice[]): SliceChanges {
  const free = new Set(existing.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)));
  const kept: { slice: EndpointSlice; content: Content }[] = [];
  const added: Content[] = [];
  for (const group of groups) {
    const own = [...free].filter((slice) => equalJson(slice.ports ?? [], group.ports));
    const { contents, rest } = fillExisting(own, group);
    for (const [slice, endpoints] of contents) {
      free.delete(slice);
      kept.push({ slice, content: { ports: group.ports, endpoints } });
    }
    for (let from = 0; from < rest.length; from += ENDPOINTS_PER_SLICE) {
      added.push({ ports: group.ports, endpoints: rest.slice(from, from + ENDPOINTS_PER_SLICE) });
    }
  }
  if (kept.length + added.length === 0) added.push({ ports: [], endpoints: [] });
  return reuse(service, family, kept, added, [...free], new Set(existing.map(({ metadata }) => metadata.name)));
}

/** A Service without pods has one empty slice, which says that there are none. */
function groupByPorts(service: Service, family: Family, pods: readonly Pod[], zoneOf: ZoneOf): readonly Group[] {
  const groups = new Map<readonly EndpointPort[], Group>();
  const portsOf = portsReader(service);
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod, family, zoneOf);
    if (!endpoint) continue;
    const ports = portsOf(pod);
    const group = groups.get(ports) ?? { ports, endpoints: new Map<string, Endpoint>() };
    group.endpoints.set(pod.metadata.uid!, endpoint);
    groups.set(ports, group);
  }
  return [...groups.values()];
}

/** What stays where it is, with new pods in the gaps; slices that would be empty are left out. */
function fillExisting(
  slices: readonly EndpointSlice[],
  group: Group,
): { contents: ReadonlyMap<EndpointSlice, readonly Endpoint[]>; rest: readonly Endpoint[] } {
  const left = new Map(group.endpoints);
  const staying = new Map<EndpointSlice, Endpoint[]>();
  for (const slice of slices) {
    const stay: Endpoint[] = [];
    for (const { targetRef } of slice.endpoints) {
      const endpoint = left.get(targetRef?.uid ?? '');
      if (!endpoint || stay.length === ENDPOINTS_PER_SLICE) continue;
      stay.push(endpoint);
      left.delete(targetRef!.uid!);
    }
    if (stay.length > 0) staying.set(slice, stay);
  }
  const rest = [...left.values()];
  for (const stay of staying.values()) stay.push(...rest.splice(0, ENDPOINTS_PER_SLICE - stay.length));
  return { contents: staying, rest };
}

/** New content goes into slices that nobody needs any more, before others are made. */
function reuse(
  service: Service,
  family: Family,
  kept: readonly { slice: EndpointSlice; content: Content }[],
  added: readonly Content[],
  free: readonly EndpointSlice[],
  taken: Set<string>,
): SliceChanges {
  const reused = added.slice(0, free.length).map((content, i) => ({ slice: free[i]!, content }));
  const update = [...kept, ...reused].flatMap(({ slice, content }) => updated(service, slice, content));
  const create: EndpointSlice[] = [];
  for (const { ports, endpoints } of added.slice(free.length)) {
    let place = 0;
    while (taken.has(sliceName(service, family, place))) place++;
    const name = sliceName(service, family, place);
    taken.add(name);
    create.push(newSlice(service, family, name, ports, endpoints));
  }
  return { create, update, remove: free.slice(added.length) };
}

function updated(service: Service, slice: EndpointSlice, { ports, endpoints }: Content): readonly EndpointSlice[] {
  const labels = labelsOf(service);
  const ownerReferences = [controllerReference(service, SERVICES)];
  const { metadata } = slice;
  const isSame =
    equalJson(slice.endpoints ?? [], endpoints) &&
    equalJson(slice.ports ?? [], ports) &&
    equalJson(metadata.labels, labels) &&
    equalJson(metadata.ownerReferences, ownerReferences);
  return isSame ? [] : [{ ...slice, metadata: { ...metadata, labels, ownerReferences }, ports, endpoints }];
}
