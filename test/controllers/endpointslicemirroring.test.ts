import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mirrorOf } from '../../src/controllers/endpointslicemirroring/index.ts';
import { ENDPOINTS, ENDPOINT_SLICES, EVENTS, SERVICES, type Endpoints } from '../../src/model/index.ts';
import { cluster, type Cluster } from './cluster.ts';

const ports = [{ port: 5432 }];
const addresses = (...ips: string[]) => ips.map((ip) => ({ ip }));

function endpoints(subsets: Endpoints['subsets'], metadata: Partial<Endpoints['metadata']> = {}): Endpoints {
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db', namespace: 'default', ...metadata }, subsets };
}

const mirrored = (subsets: Endpoints['subsets'], metadata: Partial<Endpoints['metadata']> = {}) =>
  mirrorOf(endpoints(subsets, { uid: 'db', ...metadata }));

describe('Endpoints kept by hand', () => {
  test('are copied with all that they say', () => {
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'db-0', uid: 'p' };
    const { slices } = mirrored(
      [
        {
          addresses: [{ ip: '10.0.0.1', hostname: 'db-0', nodeName: 'here', targetRef }],
          notReadyAddresses: addresses('10.0.0.2'),
          ports: [{ name: 'sql', port: 5432, appProtocol: 'tcp' }],
        },
      ],
      {
        labels: { team: 'a' },
        annotations: {
          note: 'kept',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
        },
      },
    );
    const [{ metadata, ...slice }] = slices as [(typeof slices)[0]];
    expect(metadata.name).toMatch(/^db-[a-z0-9]+$/);
    expect(metadata).toMatchObject({
      namespace: 'default',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name: 'db', uid: 'db', controller: true, blockOwnerDeletion: true }],
    });
    expect(metadata.annotations).toEqual({ note: 'kept' });
    expect(slice).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.0.0.1'], conditions: { ready: true }, hostname: 'db-0', nodeName: 'here', targetRef },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
      ],
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP', appProtocol: 'tcp' }],
    });
  });

  test('have a slice for each family and each set of ports', () => {
    const { slices } = mirrored([
      { addresses: addresses('10.0.0.1', 'fd00::1'), ports },
      { addresses: addresses('10.0.0.2'), ports: [{ port: 80 }] },
      { addresses: addresses('10.0.0.3'), ports },
    ]);
    expect(slices.map(({ addressType, endpoints: found }) => [addressType, found.flatMap((endpoint) => endpoint.addresses)])).toEqual([
      ['IPv4', ['10.0.0.1', '10.0.0.3']],
      ['IPv6', ['fd00::1']],
      ['IPv4', ['10.0.0.2']],
    ]);
    expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(3);
  });

  test('are copied up to a thousand of a subset, the ready ones first', () => {
    const many = addresses(...Array.from({ length: 999 }, (_, i) => `10.1.${i >> 8}.${i & 255}`));
    const { slices, skipped } = mirrored([{ addresses: many, notReadyAddresses: addresses('10.2.0.1', '10.2.0.2', '10.2.0.3'), ports }]);
    expect(slices[0]!.endpoints.filter(({ conditions }) => conditions?.ready)).toHaveLength(999);
    expect([slices[0]!.endpoints.length, skipped]).toEqual([1000, 2]);
  });
});

describe('in a cluster', () => {
  let the: Cluster;
  beforeEach(async () => {
    the = await cluster(['endpointslicemirroring']);
  });
  afterEach(() => the.scope.close());

  const target = { kind: ENDPOINTS, name: 'db', namespace: 'default' };
  const slices = async () => (await the.client.list(ENDPOINT_SLICES, { namespace: 'default' })).items;
  const found = async () => (await slices()).map((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses));
  const keep = async (of: Endpoints) => {
    const made = await the.client.create(ENDPOINTS, of);
    await the.clock.settle();
    return made;
  };
  const serve = async (selector?: Record<string, string>) => {
    await the.client.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db', namespace: 'default' },
      spec: { ports, ...(selector ? { selector } : {}) },
    });
    await the.clock.settle();
  };

  test('the copy follows what is edited, and ends with it', async () => {
    await serve();
    const made = await keep(endpoints([{ addresses: addresses('10.0.0.1'), ports }]));
    const [first] = await slices();
    expect(await found()).toEqual([['10.0.0.1']]);
    const live = await the.client.update(ENDPOINTS, { ...made, subsets: [{ addresses: addresses('10.0.0.1', '10.0.0.2'), ports }] });
    await the.clock.settle();
    expect(await found()).toEqual([['10.0.0.1', '10.0.0.2']]);
    expect((await slices())[0]!.metadata.uid).toBe(first!.metadata.uid);
    await the.client.update(ENDPOINTS, { ...live, subsets: [{ addresses: addresses('10.0.0.3'), ports: [{ port: 1 }] }] });
    await the.clock.settle();
    expect((await slices()).map((slice) => slice.ports?.map(({ port }) => port))).toEqual([[1]]);
    await the.client.delete(target);
    await the.clock.settle();
    expect(await slices()).toEqual([]);
  });

  test('a copy that somebody deletes or edits is mended', async () => {
    await serve();
    await keep(endpoints([{ addresses: addresses('10.0.0.1'), ports }]));
    const [slice] = await slices();
    await the.client.update(ENDPOINT_SLICES, { ...slice!, endpoints: [] });
    await the.clock.settle();
    expect(await found()).toEqual([['10.0.0.1']]);
    await the.client.delete({ kind: ENDPOINT_SLICES, name: slice!.metadata.name, namespace: 'default' });
    await the.clock.settle();
    expect(await found()).toEqual([['10.0.0.1']]);
  });

  test('comes with its Service and goes when that gets a selector', async () => {
    await keep(endpoints([{ addresses: addresses('10.0.0.1'), ports }]));
    expect(await slices()).toEqual([]);
    await serve();
    expect(await found()).toEqual([['10.0.0.1']]);
    const patch = { spec: { selector: { app: 'db' } } };
    await the.client.patch({ kind: SERVICES, name: 'db', namespace: 'default' }, { type: 'merge', patch });
    await the.clock.settle();
    expect(await slices()).toEqual([]);
  });

  test.each<[string, Partial<Endpoints['metadata']>, Record<string, string> | undefined]>([
    ['of a Service with a selector', {}, { app: 'db' }],
    ['that ask not to be', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, undefined],
    ['that are a lock', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, undefined],
  ])('those %s are not copied', async (_, metadata, selector) => {
    await serve(selector);
    await keep(endpoints([{ addresses: addresses('10.0.0.1'), ports }], metadata));
    expect(await slices()).toEqual([]);
  });

  test('nothing is written twice, and what is too much is told once', async () => {
    await serve();
    await keep(endpoints([{ addresses: addresses(...Array.from({ length: 1001 }, (_, i) => `10.1.${i >> 8}.${i & 255}`)), ports }]));
    const { revision } = the.store;
    await the.client.patch(
      { kind: SERVICES, name: 'db', namespace: 'default' },
      { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } },
    );
    await the.clock.advance(600_000);
    expect(the.store.revision - revision).toBe(1);
    expect(
      (await the.client.list(EVENTS, { namespace: 'default' })).items.map(({ type, reason, message }) => [type, reason, message]),
    ).toEqual([
      [
        'Warning',
        'TooManyAddressesToMirror',
        'A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped',
      ],
    ]);
  });
});
