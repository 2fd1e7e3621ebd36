import { beforeEach, describe, expect, test } from 'vitest';
import { SERVICES, type Service } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { service } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const make = (name: string, spec: Partial<Service['spec']>) => plane.client.create(SERVICES, service(name, spec));

describe('what a service is given', () => {
  test.each<[name: string, spec: Partial<Service['spec']>, given: Partial<Service['spec']>]>([
    ['one family and an address of it', {}, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', clusterIP: expect.stringMatching(/^127\.96\./) }],
    ['one family where two are liked better', { ipFamilyPolicy: 'PreferDualStack' }, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' }],
    ['no address where it wants none', { clusterIP: 'None' }, { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }],
    ['both families where it has neither an address nor a selector', { clusterIP: 'None', selector: {} }, { clusterIP: 'None', ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }],
    ['a port to ask for health', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }, { healthCheckNodePort: expect.any(Number) }],
    ['no node port where a balancer needs none', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }, { ports: [{ port: 80, protocol: 'TCP', targetPort: expect.anything() }] }],
  ])('%s', async (_, spec, given) => {
    expect((await make('a', spec)).spec).toMatchObject(given);
  }); // prettier-ignore

  test('nothing, when it is a name', async () => {
    const made = await make('a', { type: 'ExternalName', externalName: 'example.com' });
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) expect(made.spec).not.toHaveProperty(field);
  });
});

test('the address that a service has is no other, and that is all that is said of it', async () => {
  await make('a', {});
  const old = await plane.client.get(SERVICES, 'a', 'default');
  const change = (clusterIP: string) =>
    plane.client.update(SERVICES, { ...old!, spec: { ...old!.spec, clusterIP, clusterIPs: [clusterIP] } });
  await expect(change('10.9.9.9')).rejects.toThrow('spec.clusterIPs[0]: Invalid value: ["10.9.9.9"]: may not change once set');
});

describe('what a service is refused', () => {
  test.each<[name: string, spec: Partial<Service['spec']>, message: string]>([
    ['two families', { ipFamilyPolicy: 'RequireDualStack' }, 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'],
    ['another family', { ipFamilies: ['IPv6'] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    ['an address of another network', { clusterIP: '10.9.9.9' }, 'spec.clusterIPs: Invalid value: ["10.9.9.9"]: failed to allocate IP 10.9.9.9: the provided network does not match the current range'],
    ['an address of another family', { clusterIP: '::9' }, 'spec.clusterIPs[0]: Invalid value: ["::9"]: IPv6 is not configured on this cluster'],
    ['two families, of which it wants one', { ipFamilies: ['IPv4', 'IPv6'] }, `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`],
    ['a list of addresses without the first', { clusterIPs: ['127.96.0.9'] }, 'spec.clusterIPs: Invalid value: ["127.96.0.9"]: must be empty when `clusterIP` is not specified'],
    ['an address beside none', { clusterIP: 'None', clusterIPs: ['None', '127.96.0.9'] }, `spec.clusterIPs: Invalid value: ["None","127.96.0.9"]: 'None' must be the first and only value`],
    ['a node port outside of the range', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }, 'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767'],
    ['the same node port twice', { type: 'NodePort', ports: [{ name: 'a', port: 80, nodePort: 30080 }, { name: 'b', port: 81, nodePort: 30080 }] }, 'spec.ports[1].nodePort: Duplicate value: 30080'],
    ['an address for a name', { type: 'ExternalName', externalName: 'example.com', clusterIPs: ['127.96.0.9'] }, 'spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
    ['what only balancers have', { loadBalancerClass: 'x/y' }, "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ['a policy for traffic that cannot come', { externalTrafficPolicy: 'Local' }, 'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  ])('%s', async (_, spec, message) => {
    await expect(make('a', spec)).rejects.toThrow(message);
  }); // prettier-ignore

  test('an address of another network, and is told of its own where that is only tried out', async () => {
    const range = 'the provided IP (10.9.9.9) is not in the valid range. The range of valid IPs is 127.96.0.0/16';
    await expect(plane.client.create(SERVICES, service('a', { clusterIP: '10.9.9.9' }), { dryRun: true })).rejects.toThrow(range);
  });

  test('an address or a port that another has, unless it is only tried out', async () => {
    const first = await make('a', { type: 'NodePort' });
    const { nodePort } = first.spec.ports![0]!;
    await expect(make('b', { clusterIP: first.spec.clusterIP! })).rejects.toThrow('provided IP is already allocated');
    const wanted = service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: nodePort! }] });
    await expect(plane.client.create(SERVICES, wanted)).rejects.toThrow('provided port is already allocated');
    await expect(plane.client.create(SERVICES, wanted, { dryRun: true })).resolves.toBeDefined();
  });
});
