import { isIPv4, isIPv6 } from 'node:net';
import { equalJson } from '../../../base/index.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { ENDPOINT_SLICES, type EndpointPort, type EndpointSlice } from '../../types/index.ts';
import { duplicate, invalid, notSupported, required, tooMany, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, UNSET } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateReachable } from '../rules/addresses.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';
import { validatePort } from '../rules/numbers.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;
const SHOWN = 3;

export const ENDPOINT_SLICE = declareKind<EndpointSlice>({
  ref: ENDPOINT_SLICES,
  schema: { definition: 'discovery.v1.EndpointSlice' },
  name: dns1123Subdomain,
  defaults: (slice) => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint, conditions: endpoint.conditions ?? {} })),
    ...(slice.ports ? { ports: slice.ports.map(defaultPort) } : {}),
  }),
  validate: (slice, old) => [...validateSlice(slice), ...(old ? immutable(slice.addressType, old.addressType, ['addressType']) : [])],
  raisesGeneration: (slice, old) =>
    (['addressType', 'endpoints', 'ports'] as const).some((field) => !equalJson(slice[field], old[field])) ||
    !equalJson(slice.metadata.labels, old.metadata.labels) ||
    !equalJson(slice.metadata.annotations, old.metadata.annotations),
  columns: [NAME, ...['AddressType', 'Ports', 'Endpoints'].map(textColumn), AGE],
  row: (slice, clock) => {
    const ports = shortList((slice.ports ?? []).map(({ port }) => (port === undefined ? '*' : String(port))));
    const addresses = shortList((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
    return [slice.metadata.name, slice.addressType, ports, addresses, ageOf(slice, clock)];
  },
});

const defaultPort = (port: EndpointPort): EndpointPort => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' });

function shortList(texts: readonly string[]): string {
  if (texts.length === 0) return UNSET;
  return texts.slice(0, SHOWN).join(',') + (texts.length > SHOWN ? ` + ${texts.length - SHOWN} more...` : '');
}

function validateSlice({ addressType, endpoints = [], ports = [] }: EndpointSlice): FieldProblem[] {
  return [
    ...(!addressType
      ? [required(['addressType'])]
      : ADDRESS_TYPES.includes(addressType)
        ? []
        : [notSupported(['addressType'], addressType, ADDRESS_TYPES)]),
    ...(endpoints.length > MOST_ENDPOINTS ? [tooMany(['endpoints'], endpoints.length, MOST_ENDPOINTS)] : []),
    ...endpoints.flatMap(({ addresses = [], hostname, nodeName }, i) => [
      ...validateAddresses(addresses, addressType, ['endpoints', i, 'addresses']),
      ...(hostname === undefined ? [] : dns1123Label(hostname).map((why) => invalid(['endpoints', i, 'hostname'], hostname, why))),
      ...(nodeName === undefined ? [] : subdomainProblems(nodeName, ['endpoints', i, 'nodeName'])),
    ]),
    ...ports.flatMap(({ name, port, appProtocol }, i) => [
      ...(name ? dns1123Label(name).map((why) => invalid(['ports', i, 'name'], name, why)) : []),
      ...(ports.findIndex((other) => other.name === name) < i ? [duplicate(['ports', i, 'name'], name)] : []),
      ...(port === undefined ? [] : validatePort(port, ['ports', i, 'port'])),
      ...(appProtocol === undefined ? [] : qualifiedName(appProtocol).map((why) => invalid(['ports', i, 'appProtocol'], appProtocol, why))),
    ]),
  ];
}

function validateAddresses(addresses: readonly string[], type: string, path: FieldPath): FieldProblem[] {
  if (addresses.length === 0) return [required(path, 'must contain at least 1 address')];
  if (addresses.length > MOST_ADDRESSES) return [tooMany(path, addresses.length, MOST_ADDRESSES)];
  return addresses.flatMap((address, i) => {
    if (type === 'FQDN') return dns1123Subdomain(address.replace(/\.$/, '')).map((why) => invalid([...path, i], address, why));
    const isRight = type === 'IPv6' ? isIPv6(address) : isIPv4(address);
    if (isRight || !ADDRESS_TYPES.includes(type)) return validateReachable(address, [...path, i]);
    return [invalid([...path, i], address, `must be a valid ${type} address`)];
  });
}
