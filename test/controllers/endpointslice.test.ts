import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decideSlices } from '../../src/controllers/endpointslice/index.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICES, type EndpointSlice, type Pod, type Service } from '../../src/model/index.ts';
import { pod, service } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const ports = [
  { name: 'http', containerPort: 8080 },
  { name: 'metrics', containerPort: 9090 },
];

function serving(name: string, ip: string | undefined, changes: Partial<Pod['spec']> & { ready?: boolean; deleted?: boolean } = {}): Pod {
  const { ready = true, deleted = false, ...spec } = changes;
  const base = pod(name, { containers: [{ name: 'c', image: 'x', ports }], nodeName: 'here', ...spec }, { app: 'web' });
  return {
    ...base,
    metadata: { ...base.metadata, uid: name, ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    status: {
      phase: 'Running',
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

function web(spec: Partial<Service['spec']> = {}): Service {
  const base = service('web', {
    clusterIP: '127.96.0.1',
    clusterIPs: ['127.96.0.1'],
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    ...spec,
  });
  return { ...base, metadata: { ...base.metadata, uid: 'web-uid', labels: { team: 'blue' } } };
}

const created = (of: Service, pods: readonly Pod[]) => decideSlices(of, pods, []).create;
const addresses = (slice: EndpointSlice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses);

test('a slice says whose it is', () => {
  const [slice] = created(web(), [serving('a', '127.1.0.1')]);
  expect(slice!.metadata.name).toMatch(/^web-[a-z0-9]+$/);
  expect(slice).toMatchObject({
    metadata: {
      namespace: 'default',
      labels: {
        team: 'blue',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'web-uid', controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: ['127.1.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'here',
        targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'a' },
      },
    ],
  });
  expect(slice!.metadata.labels).not.toHaveProperty('service.kubernetes.io/headless');
});

describe('the conditions of an endpoint', () => {
  test.each([
    ['a ready pod', {}, {}, { ready: true, serving: true, terminating: false }],
    ['one that is not ready', { ready: false }, {}, { ready: false, serving: false, terminating: false }],
    ['one on its way out that still serves', { deleted: true }, {}, { ready: false, serving: true, terminating: true }],
    ['one on its way out that serves no more', { deleted: true, ready: false }, {}, { ready: false, serving: false, terminating: true }],
    [
      'one that is not ready, published all the same',
      { ready: false },
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ])('of %s', (_, state, spec, expected) => {
    expect(created(web(spec), [serving('a', '127.1.0.1', state)])[0]!.endpoints[0]!.conditions).toEqual(expected);
  });
});

describe('ports', () => {
  const port = (spec: object, pods = [serving('a', '127.1.0.1')]) =>
    created(web({ ports: [{ port: 80, protocol: 'TCP', ...spec }] }), pods)[0]!.ports;

  test.each([
    ['a name is looked up in the pod', { targetPort: 'metrics' }, [{ name: '', port: 9090, protocol: 'TCP' }]],
    ['a number is taken as it is', { targetPort: 1234 }, [{ name: '', port: 1234, protocol: 'TCP' }]],
    ['without a target the port is its own', {}, [{ name: '', port: 80, protocol: 'TCP' }]],
    ['the name must have the same protocol', { targetPort: 'http', protocol: 'UDP' }, []],
    ['an unknown name is left out', { targetPort: 'nothing' }, []],
  ])('%s', (_, spec, expected) => expect(port(spec)).toEqual(expected));

  test('pods that serve a name on different numbers are in different slices', () => {
    const other = serving('b', '127.1.0.2', { containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 81 }] }] });
    const slices = created(web(), [serving('a', '127.1.0.1'), other]);
    expect(slices.map((slice) => [slice.ports![0]!.port, addresses(slice)])).toEqual([
      [8080, ['127.1.0.1']],
      [81, ['127.1.0.2']],
    ]);
  });
});

test('pods without an address and finished pods are no endpoints, and an empty slice says that there are none', () => {
  const done = { ...serving('b', '127.1.0.2'), status: { phase: 'Succeeded', podIP: '127.1.0.2' } } as Pod;
  expect(created(web(), [serving('a', undefined), done])).toMatchObject([{ endpoints: [], ports: [] }]);
});

test('a headless Service is marked, and names the pods that ask for it', () => {
  const [slice] = created(web({ clusterIP: 'None', clusterIPs: ['None'] }), [
    serving('a', '127.1.0.1', { hostname: 'a-0', subdomain: 'web' }),
  ]);
  expect(slice!.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
  expect(slice!.endpoints[0]!.hostname).toBe('a-0');
});

describe('an endpoint on a node in a zone', () => {
  const zoneOf = (node: string) => (node === 'here' ? 'west' : undefined);
  const endpointOf = (spec: Partial<Service['spec']>, changes: Parameters<typeof serving>[2] = {}) =>
    decideSlices(web(spec), [serving('a', '127.1.0.1', changes)], [], zoneOf).create[0]!.endpoints[0]!;
  const forZones = [{ name: 'west' }];

  test.each<[string, Partial<Service['spec']>, Parameters<typeof serving>[2], object | undefined]>([
    ['is for everyone', {}, {}, undefined],
    ['is for its zone where near ones are preferred', { trafficDistribution: 'PreferClose' }, {}, { forZones }],
    ['also by the newer name', { trafficDistribution: 'PreferSameZone' }, {}, { forZones }],
    ['is for its node where that is preferred', { trafficDistribution: 'PreferSameNode' }, {}, { forNodes: [{ name: 'here' }], forZones }],
    ['is for nobody before it is ready', { trafficDistribution: 'PreferClose' }, { ready: false }, undefined],
  ])('%s', (_, spec, changes, hints) => {
    const endpoint = endpointOf(spec, changes);
    expect(endpoint.zone).toBe('west');
    expect(endpoint.hints).toEqual(hints);
  });

  test('elsewhere says no zone', () => {
    const endpoint = endpointOf({ trafficDistribution: 'PreferClose' }, { nodeName: 'there' });
    expect(endpoint).not.toHaveProperty('zone');
    expect(endpoint).not.toHaveProperty('hints');
  });
});

test('a slice says since when the newest of it has been so', () => {
  const created = { ...web(), metadata: { ...web().metadata, creationTimestamp: '2026-01-01T00:00:00Z' } };
  const late = serving('a', '127.1.0.1');
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:09Z' }] as const;
  const time = (pods: readonly Pod[], existing: readonly EndpointSlice[] = []) => {
    const { create, update } = decideSlices(created, pods, existing);
    return [...create, ...update].map(({ metadata }) => metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time']);
  };
  const first = decideSlices(created, [], []).create;
  expect(time([])).toEqual(['2026-01-01T00:00:00Z']);
  expect(time([{ ...late, status: { ...late.status, conditions } }], first)).toEqual(['2026-01-01T00:00:09Z']);
  expect(time([], first)).toEqual([]);
});

test('each address family has slices of its own', () => {
  const both = serving('a', '127.1.0.1');
  const dual = { ...both, status: { ...both.status, podIPs: [{ ip: '127.1.0.1' }, { ip: 'fd00::1' }] } };
  const slices = created(web({ ipFamilies: ['IPv4', 'IPv6'] }), [dual]);
  expect(slices.map((slice) => [slice.addressType, ...addresses(slice)])).toEqual([
    ['IPv4', '127.1.0.1'],
    ['IPv6', 'fd00::1'],
  ]);
  expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(2);
});

describe('changes', () => {
  const many = Array.from({ length: 150 }, (_, i) => serving(`p${i}`, `127.1.1.${i}`));
  const full = created(web(), many);

  test('a slice holds a hundred endpoints', () => {
    expect(full.map((slice) => slice.endpoints.length)).toEqual([100, 50]);
  });

  test('what is right already is not written', () => {
    expect(decideSlices(web(), many.toReversed(), full)).toEqual({ create: [], update: [], remove: [] });
  });

  test('one changed pod is one update of one slice', () => {
    const changes = decideSlices(web(), many.with(120, serving('p120', '127.1.1.120', { ready: false })), full);
    expect(changes).toMatchObject({ create: [], remove: [], update: [{ metadata: { name: full[1]!.metadata.name } }] });
    expect(changes.update[0]!.endpoints.map((endpoint) => endpoint.targetRef!.name)).toEqual(
      full[1]!.endpoints.map((endpoint) => endpoint.targetRef!.name),
    );
  });

  test('new pods go into gaps, and a slice that has become empty goes', () => {
    const joined = decideSlices(web(), [...many, serving('new', '127.1.2.1')], full);
    expect(joined.update.map((slice) => slice.endpoints.length)).toEqual([51]);
    const left = decideSlices(web(), many.slice(0, 100), full);
    expect(left).toMatchObject({ create: [], update: [], remove: [{ metadata: { name: full[1]!.metadata.name } }] });
  });

  test('another port keeps the slice and its name', () => {
    const [slice] = created(web(), [serving('a', '127.1.0.1')]);
    const changes = decideSlices(
      web({ ports: [{ name: 'http', port: 80, targetPort: 9090, protocol: 'TCP' }] }),
      [serving('a', '127.1.0.1')],
      [slice!],
    );
    expect(changes).toMatchObject({
      create: [],
      remove: [],
      update: [{ metadata: { name: slice!.metadata.name }, ports: [{ port: 9090 }] }],
    });
  });

  test('a repeated creation finds the first by its name', () => {
    expect(created(web(), many).map(({ metadata }) => metadata.name)).toEqual(full.map(({ metadata }) => metadata.name));
  });
});

describe('in a cluster', () => {
  let the: Cluster;
  beforeEach(async () => {
    the = await cluster(['endpointslice']);
  });
  afterEach(() => the.scope.close());

  const slices = async () => (await the.client.list(ENDPOINT_SLICES, { namespace: 'default' })).items;

  test('slices follow the pods', async () => {
    await the.client.create(SERVICES, service('web', { ports: [{ port: 80, targetPort: 'http' }] }));
    await the.clock.settle();
    expect(await slices()).toMatchObject([{ endpoints: [] }]);
    const made = await the.client.create(PODS, pod('a', { containers: [{ name: 'c', image: 'x', ports }] }, { app: 'web' }));
    await the.setReady(made, true);
    expect(await slices()).toMatchObject([
      { ports: [{ port: 8080 }], endpoints: [{ conditions: { ready: true }, targetRef: { uid: made.metadata.uid } }] },
    ]);
    await the.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await the.clock.settle();
    expect(await slices()).toMatchObject([{ endpoints: [] }]);
  });

  test('a node that comes into a zone takes its endpoints along', async () => {
    await the.trusted.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'here' } });
    await the.client.create(SERVICES, service('web'));
    await the.client.create(PODS, pod('a', { nodeName: 'here' }, { app: 'web' }));
    await the.settle();
    const zones = async () => (await slices()).flatMap(({ endpoints }) => endpoints.map(({ zone }) => zone));
    expect(await zones()).toEqual([undefined]);
    const labels = { 'topology.kubernetes.io/zone': 'west' };
    await the.trusted.patch({ kind: NODES, name: 'here' }, { type: 'merge', patch: { metadata: { labels } } });
    await the.clock.settle();
    expect(await zones()).toEqual(['west']);
  });

  test('a slice that somebody deletes or edits is mended', async () => {
    await the.client.create(SERVICES, service('web'));
    await the.clock.settle();
    const [slice] = await slices();
    await the.client.delete({ kind: ENDPOINT_SLICES, name: slice!.metadata.name, namespace: 'default' });
    await the.clock.settle();
    const [again] = await slices();
    expect(again!.metadata.name).toBe(slice!.metadata.name);
    const endpoints = [{ addresses: ['127.9.9.9'] }];
    await the.client.update(ENDPOINT_SLICES, { ...again!, endpoints });
    await the.clock.settle();
    expect(await slices()).toMatchObject([{ endpoints: [] }]);
  });

  test.each([
    ['without a selector', { selector: undefined }],
    ['that is a name elsewhere', { type: 'ExternalName', externalName: 'example.org', ports: undefined } as const],
  ])('a Service %s has none', async (_, spec) => {
    await the.client.create(SERVICES, service('web', spec));
    await the.clock.settle();
    expect(await slices()).toEqual([]);
  });
});
