import { dns1123Label, dns1123Subdomain, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { ENDPOINTS as REF, type EndpointAddress, type Endpoints, type EndpointSubset } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateAddress, validateReachable } from '../rules/addresses.ts';
import { subdomainProblems } from '../rules/metadata.ts';
import { validatePort } from '../rules/numbers.ts';

const SHOWN = 3;

export const ENDPOINTS_KIND = declareKind<Endpoints>({
  ref: REF,
  schema: { definition: 'core.v1.Endpoints' },
  name: dns1123Subdomain,
  createdByUpdate: true,
  shortNames: ['ep'],
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults: (endpoints) => (endpoints.subsets ? { ...endpoints, subsets: endpoints.subsets.map(defaultSubset) } : endpoints),
  validate: ({ subsets = [] }) => subsets.flatMap(validateSubset),
  columns: [NAME, textColumn('Endpoints'), AGE],
  row: (endpoints, clock) => [endpoints.metadata.name, addressCell(endpoints), ageOf(endpoints, clock)],
});

function defaultSubset(subset: EndpointSubset): EndpointSubset {
  return subset.ports ? { ...subset, ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) } : subset;
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, i: number): FieldProblem[] {
  const path = ['subsets', i];
  return [
    ...(addresses.length + notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, j) => validateEndpoint(address, [...path, 'addresses', j])),
    ...notReadyAddresses.flatMap((address, j) => validateEndpoint(address, [...path, 'notReadyAddresses', j])),
    ...ports.flatMap(({ name, port, appProtocol }, j) => [
      ...(!name && ports.length > 1 ? [required([...path, 'ports', j, 'name'])] : []),
      ...(name ? dns1123Label(name).map((why) => invalid([...path, 'ports', j, 'name'], name, why)) : []),
      ...validatePort(port, [...path, 'ports', j, 'port']),
      ...(appProtocol === undefined
        ? []
        : qualifiedName(appProtocol).map((why) => invalid([...path, 'ports', j, 'appProtocol'], appProtocol, why))),
    ]),
  ];
}

function validateEndpoint({ ip, hostname, nodeName }: EndpointAddress, path: FieldPath): FieldProblem[] {
  return [
    ...validateAddress(ip, [...path, 'ip']),
    ...(hostname ? dns1123Label(hostname).map((why) => invalid([...path, 'hostname'], hostname, why)) : []),
    ...(nodeName === undefined ? [] : subdomainProblems(nodeName, [...path, 'nodeName'])),
    ...validateReachable(ip, [...path, 'ip']),
  ];
}

function addressCell({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
  );
  if (all.length === 0) return NONE;
  return all.slice(0, SHOWN).join(',') + (all.length > SHOWN ? ` + ${all.length - SHOWN} more...` : '');
}
