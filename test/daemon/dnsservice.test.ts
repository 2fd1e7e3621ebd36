import { createSocket } from 'node:dgram';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { clusterDnsAt, dnsClusterIP, keepDnsService } from '../../src/daemon/dnsservice.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';

const ADDRESS = dnsClusterIP('127.96.0.0/16');

async function prepared(): Promise<ControlPlane> {
  const plane = await controlPlane();
  await plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  return plane;
}

async function versions({ client }: ControlPlane): Promise<readonly unknown[]> {
  const made = [await client.get(SERVICES, 'kube-dns', 'kube-system'), await client.get(ENDPOINT_SLICES, 'kube-dns', 'kube-system')];
  return made.map(({ metadata }) => metadata.resourceVersion);
}

test('pods are told of the server for names where it may listen, and of none where somebody else does', async () => {
  const other = createSocket('udp4');
  const port = await new Promise<number>((resolve) => other.bind(0, '127.96.0.10', () => resolve(other.address().port)));
  expect(await clusterDnsAt('127.96.0.0/16', port)).toBeUndefined();
  await new Promise<void>((resolve) => other.close(resolve));
  expect(await clusterDnsAt('127.96.0.0/16', port)).toEqual({ address: '127.96.0.10', domain: 'cluster.local' });
});

test('the Service kube-dns is as installers make it, and leads to the server', async () => {
  const plane = await prepared();
  await keepDnsService(plane.trusted, silentLog, { address: ADDRESS, port: 53 });
  const { metadata, spec } = await plane.client.get(SERVICES, 'kube-dns', 'kube-system');
  expect(metadata.labels).toMatchObject({
    'k8s-app': 'kube-dns',
    'kubernetes.io/cluster-service': 'true',
    'kubernetes.io/name': 'CoreDNS',
  });
  expect(spec).toMatchObject({ type: 'ClusterIP', clusterIP: '127.96.0.10' });
  expect(spec.ports).toMatchObject([
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ]);
  const { endpoints } = await plane.client.get(ENDPOINT_SLICES, 'kube-dns', 'kube-system');
  expect(endpoints).toEqual([{ addresses: ['127.96.0.10'], conditions: { ready: true } }]);
});

test('the next start writes nothing, unless the port is another', async () => {
  const plane = await prepared();
  await keepDnsService(plane.trusted, silentLog, { address: ADDRESS, port: 53 });
  const before = await versions(plane);
  await keepDnsService(plane.trusted, silentLog, { address: ADDRESS, port: 53 });
  expect(await versions(plane)).toEqual(before);
  await keepDnsService(plane.trusted, silentLog, { address: ADDRESS, port: 1053 });
  const { spec } = await plane.client.get(SERVICES, 'kube-dns', 'kube-system');
  expect(spec.ports?.map(({ port }) => port)).toEqual([1053, 1053]);
});

test('an address that a Service of the user has stays with that one', async () => {
  const plane = await prepared();
  await plane.client.create(SERVICES, service('mine', { clusterIP: ADDRESS }));
  await expect(keepDnsService(plane.trusted, silentLog, { address: ADDRESS, port: 53 })).resolves.toBeUndefined();
  expect((await plane.client.get(SERVICES, 'mine', 'default')).spec.clusterIP).toBe(ADDRESS);
});
