import { describe, expect, test } from 'vitest';
import { formatPath, invalid, type Manifest } from '../../src/model/index.ts';
import { validateAddress, validateCidr } from '../../src/model/kinds/rules/addresses.ts';
import { registry } from './oracle.ts';
import { problemsOf } from './problems.ts';

const LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"; // prettier-ignore
const NAME = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"; // prettier-ignore
const CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'";
const RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';

const problems = (spec: object, annotations?: object) => problemsOf('Service', { ports: [{ port: 80 }], ...spec }, { annotations });

test.each<[name: string, spec: object, expected: string[]]>([
  ['a name that ends with a dot is whole', { type: 'ExternalName', externalName: 'example.com.' }, []],
  ['a name has no address', { type: 'ExternalName', externalName: 'a.b', clusterIP: 'None' }, ['spec.clusterIPs: Forbidden: may not be set for ExternalName services']],
  ['a target that is not told is the port', { ports: [{ port: 80, targetPort: 0 }] }, []],
  ['the protocol of an application', { ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] }, []],
  ['no protocol of an application', { ports: [{ port: 80, appProtocol: 'a b' }] }, [`spec.ports[0].appProtocol: Invalid value: "a b": ${NAME}`]],
  ['names of ports', { ports: [{ port: 80, name: 'A' }, { port: 81 }] }, [`spec.ports[0].name: Invalid value: "A": ${LABEL}`, 'spec.ports[1].name: Required value']],
  ['the same port twice', { ports: [{ port: 80, name: 'a' }, { port: 80, name: 'b' }] }, ['spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}']],
  ['two protocols of one port', { ports: [{ port: 53, name: 'a' }, { port: 53, name: 'b', protocol: 'UDP' }] }, []],
  ['external addresses', { externalIPs: ['127.0.0.1', '203.0.113.9'] }, []],
  ['addresses where nobody is', { externalIPs: ['0.0.0.0', '169.254.1.1', '224.0.0.1', 'fe80::1'] }, [
    'spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
    'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    'spec.externalIPs[2]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    'spec.externalIPs[3]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ]],
  ['where traffic goes', { trafficDistribution: 'PreferSameNode' }, []],
  ['where traffic cannot go', { trafficDistribution: 'Near' }, ['spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"']],
  ['ranges, with spaces', { type: 'LoadBalancer', loadBalancerSourceRanges: [' 10.0.0.0/8 '] }, []],
  ['what is no range', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0'] }, [`spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": ${CIDR}`]],
  ['ranges of what is no balancer', { loadBalancerSourceRanges: ['10.0.0.0/8'] }, [`spec.LoadBalancerSourceRanges: Forbidden: ${ONLY_BALANCERS}`]],
  ['what is no class', { type: 'LoadBalancer', loadBalancerClass: 'a b' }, [`spec.loadBalancerClass: Invalid value: "a b": ${NAME}`]],
  ['what is no port for health', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 99_999 }, ['spec.healthCheckNodePort: Invalid value: 99999: must be between 1 and 65535, inclusive']],
  ['one family twice', { ipFamilies: ['IPv4', 'IPv4'] }, ['spec.ipFamilies[1]: Duplicate value: "IPv4"']],
  ['two addresses of one family', { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', '10.0.0.2'] }, ['spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family']],
  ['an address of another family than it says', { clusterIP: '10.0.0.1', ipFamilies: ['IPv6'] }, ['spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`']],
])('a service: %s', (_, spec, expected) => {
  expect(problems(spec)).toEqual(expected);
}); // prettier-ignore

test.each<[name: string, spec: object, annotations: object, expected: string[]]>([
  ['ranges', { type: 'LoadBalancer' }, { [RANGES]: '10.0.0.0/8, 10.9.8.7/32' }, []],
  ['what is no range', { type: 'LoadBalancer' }, { [RANGES]: '10.0.0.0/8,x' }, [`metadata.annotations[${RANGES}]: Invalid value: "x": ${CIDR}`]],
  ['ranges of what is no balancer', {}, { [RANGES]: '' }, [`metadata.annotations[${RANGES}]: Forbidden: ${ONLY_BALANCERS}`]],
  ['two words on topology', {}, { 'service.kubernetes.io/topology-mode': 'Auto', 'service.kubernetes.io/topology-aware-hints': 'Disabled' },
    ['metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified']],
])('annotations of a service: %s', (_, spec, annotations, expected) => {
  expect(problems(spec, annotations)).toEqual(expected);
}); // prettier-ignore

test.each<[name: string, spec: object, annotations: object | undefined, expected: string[]]>([
  ['nothing of a usual one', { trafficDistribution: 'PreferSameZone' }, undefined, []],
  ['what a headless one cannot have', { clusterIP: 'None', clusterIPs: ['None'], sessionAffinity: 'ClientIP', externalIPs: ['203.0.113.9'], loadBalancerIP: '203.0.113.8' }, undefined, [
    'spec.loadBalancerIP is ignored for headless services',
    'spec.externalIPs is ignored for headless services',
    'spec.SessionAffinity is ignored for headless services',
  ]],
  ['external addresses', { externalIPs: ['203.0.113.9'] }, undefined, ['spec.externalIPs is deprecated']],
  ['external addresses of a name', { type: 'ExternalName', externalName: 'a.b', externalIPs: ['203.0.113.9'] }, undefined, ['spec.externalIPs is ignored when spec.type is "ExternalName"']],
  ['a name that is none', { externalName: 'a.b' }, undefined, ['spec.externalName is ignored when spec.type is not "ExternalName"']],
  ['old words', { trafficDistribution: 'PreferClose' }, { 'service.kubernetes.io/topology-aware-hints': 'Auto' }, [
    'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]],
])('who writes a service is warned of: %s', (_, spec, annotations, expected) => {
  const kind = registry.byApiVersion('v1', 'Service')!;
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x', annotations }, spec: { ports: [{ port: 80 }], ...spec } };
  expect(kind.warnings(kind.defaults(object as unknown as Manifest))).toEqual(expected);
}); // prettier-ignore

describe('the status of a balancer', () => {
  const kind = registry.byApiVersion('v1', 'Service')!;
  const written = (type: string, ...ingress: object[]) => {
    const spec = { type, ports: [{ port: 80 }] };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x', namespace: 'default' },
      spec,
      status: { loadBalancer: { ingress } },
    };
    return kind.completeStatus(service as unknown as Manifest);
  };
  const told = (service: Manifest) => kind.validateStatus(service, service).map(({ path, message }) => `${formatPath(path)}: ${message}`);

  test('an address is a virtual one, unless it says otherwise', () => {
    const service = written('LoadBalancer', { ip: '10.9.9.9' }, { ip: '10.9.9.8', ipMode: 'Proxy' }, { hostname: 'a.b' });
    expect(service['status']).toEqual({
      loadBalancer: { ingress: [{ ip: '10.9.9.9', ipMode: 'VIP' }, { ip: '10.9.9.8', ipMode: 'Proxy' }, { hostname: 'a.b' }] },
    });
    expect(told(service)).toEqual([]);
  });

  const at = 'status.loadBalancer.ingress';
  test.each<[name: string, type: string, ingress: object, expected: string]>([
    ['of what is none', 'ClusterIP', { ip: '10.9.9.9' }, `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`],
    ['without an address', 'LoadBalancer', { hostname: 'a.b', ipMode: 'VIP' }, `${at}[0].ipMode: Forbidden: may not be specified when \`ip\` is not set`],
    ['of a mode that is none', 'LoadBalancer', { ip: '10.9.9.9', ipMode: 'X' }, `${at}[0].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"`],
    ['with what is no address', 'LoadBalancer', { ip: 'x' }, `${at}[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`],
    ['with an address for a name', 'LoadBalancer', { hostname: '10.9.9.9' }, `${at}[0].hostname: Invalid value: "10.9.9.9": must be a DNS name, not an IP address`],
  ])('%s', (_, type, ingress, expected) => {
    expect(told(written(type, ingress))).toEqual([expected]);
  }); // prettier-ignore
});

describe('ranges and addresses of Services', () => {
  const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  const parentRef = { resource: 'services', name: 'web' };
  const ranges = (...cidrs: string[]) => ({ cidrs });
  test.each<[kind: string, name: string, spec: object, expected: string[]]>([
    ['ServiceCIDR', 'x', ranges('10.0.0.0/8', '2001:db8::/64'), []],
    ['ServiceCIDR', 'x', ranges(), ['spec.cidrs: Required value: at least one CIDR required']],
    ['ServiceCIDR', 'x', ranges('10.0.0.0'), [`spec.cidrs[0]: Invalid value: "10.0.0.0": ${CIDR}`]],
    ['ServiceCIDR', 'x', ranges('10.0.0.0/8', '10.0.0.0/9'), ['spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/8","10.0.0.0/9"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64']],
    ['IPAddress', '10.0.0.1', { parentRef }, []],
    ['IPAddress', '2001:db8::1', { parentRef: { group: 'a.b', namespace: 'c', ...parentRef } }, []],
    ['IPAddress', 'web', { parentRef }, [`metadata.name: Invalid value: "web": ${IP}`]],
    ['IPAddress', '2001:0db8::1', { parentRef }, ['metadata.name: Invalid value: "2001:0db8::1": must be in canonical form ("2001:db8::1")']],
    ['IPAddress', '10.0.0.1', {}, ['spec.parentRef: Required value']],
    ['IPAddress', '10.0.0.1', { parentRef: { resource: 'a/b' } }, ["spec.parentRef.resource: Invalid value: \"a/b\": may not contain '/'", 'spec.parentRef.name: Required value']],
  ])('%s %s: %o', (kind, name, spec, expected) => {
    const found = registry.byApiVersion('networking.k8s.io/v1', kind)!;
    const object = found.defaults({ apiVersion: 'networking.k8s.io/v1', kind, metadata: { name }, spec } as unknown as Manifest);
    expect(found.validate(object).map(({ path, message }) => `${formatPath(path)}: ${message}`)).toEqual(expected);
  }); // prettier-ignore
});

describe('addresses and ranges are told in one way', () => {
  const RULE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  test.each<[address: string, why: string | undefined]>([
    ['203.0.113.9', undefined],
    ['2001:DB8:0::1', undefined],
    ['203.0.113.09', 'must not have leading 0s'],
    ['::ffff:203.0.113.9', 'must not be an IPv4-mapped IPv6 address'],
    ['2001:db8::1%eth0', RULE],
    ['203.0.113', RULE],
    ['0203.0.113.9', 'must not have leading 0s'],
  ])('the address %s', (address, why) => {
    expect(validateAddress(address, ['a'])).toEqual(why ? [invalid(['a'], address, why)] : []);
    expect(validateAddress(address, ['a'], [address])).toEqual([]);
  });

  test.each<[range: string, why: string | undefined]>([
    ['10.0.0.0/8', undefined],
    ['10.9.8.7/32', undefined],
    ['0.0.0.0/0', undefined],
    ['::/0', undefined],
    ['2001:db8::/64', undefined],
    ['2001:db8:0:1:8000::/65', undefined],
    ['0001:0db8::/64', undefined],
    ['192.168.0.5/24', 'must not have bits set beyond the prefix length'],
    ['2001:db8::1/64', 'must not have bits set beyond the prefix length'],
    ['10.0.00.0/8', 'must not have leading 0s in IP or prefix length'],
    ['10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
    ['::ffff:10.0.0.0/104', 'must not have an IPv4-mapped IPv6 address'],
    ['10.0.0.0/33', CIDR],
    ['10.0.0.0/8/8', CIDR],
    ['10.0.0.0', CIDR],
  ])('the range %s', (range, why) => {
    expect(validateCidr(range, ['a'])).toEqual(why ? [invalid(['a'], range, why)] : []);
    expect(validateCidr(range, ['a'], [range])).toEqual([]);
  });

  test('what a policy or a Service has may stay', () => {
    const policy = registry.byApiVersion('networking.k8s.io/v1', 'NetworkPolicy')!;
    const of = (cidr: string, except: string[] = []) =>
      policy.defaults({
        metadata: { name: 'x', namespace: 'default' },
        spec: { ingress: [{ from: [{ ipBlock: { cidr, except } }] }] },
      } as unknown as Manifest);
    const old = of('10.0.0.1/8', ['10.1.0.1/16']);
    expect(policy.validate(old, old)).toEqual([]);
    expect(policy.validate(old).map(({ path }) => formatPath(path))).toEqual(['spec.ingress[0].from[0].ipBlock.cidr']);
    expect(policy.validate(of('10.0.0.0/8', ['10.1.0.1/16'])).map(({ path }) => formatPath(path))).toEqual([
      'spec.ingress[0].from[0].ipBlock.except[0]',
    ]);
  });
});
