import { describe, expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../src/model/index.ts';
import { formatTarget, routesOf, type RouteOptions } from '../../src/network/index.ts';
import { service, slice } from './samples.ts';

/** `TCP 127.96.0.10:80 -> 127.1.0.1:8080 127.1.0.2:8080`. */
function table(services: readonly Service[], slices: readonly EndpointSlice[], options?: RouteOptions): readonly string[] {
  return routesOf(services, slices, options).map(({ id, endpoints }) => [id, '->', ...endpoints.map(formatTarget)].join(' '));
}

const web = service('web');
const [ready, starting] = [{ ready: true }, { ready: false, serving: false }];
const draining = { ready: false, serving: true, terminating: true };
const ended = { ready: false, serving: false, terminating: true };

describe('what listens', () => {
  test.each<[name: string, of: Service, ids: readonly string[]]>([
    ['a cluster address', web, ['TCP 127.96.0.10:80']],
    [
      'each port',
      service('web', {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81, protocol: 'UDP' },
        ],
      }),
      ['TCP 127.96.0.10:80', 'UDP 127.96.0.10:81'],
    ],
    ['each family', service('web', { clusterIPs: ['127.96.0.10', '::1'] }), ['TCP 127.96.0.10:80', 'TCP [::1]:80']],
    [
      'a node port beside the cluster address',
      service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
      ['TCP 127.96.0.10:80', 'TCP 127.0.0.1:30080'],
    ],
    ['nothing for a headless Service', service('web', { clusterIP: 'None' }), []],
    ['nothing before an address is given', service('web', { clusterIP: undefined }), []],
    ['nothing for a name', service('web', { type: 'ExternalName', externalName: 'example.com', clusterIP: undefined }), []],
  ])('%s', (_, of, ids) => {
    expect(routesOf([of], []).map(({ id }) => id)).toEqual(ids);
  });

  test.each<[name: string, spec: Partial<Service['spec']>, routes: readonly string[]]>([
    [
      'a balancer, at its port and its node port',
      { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] },
      ['NodePort 127.0.0.1:30080', 'NodePort 10.0.0.7:30080', 'LoadBalancer 127.0.0.1:80', 'LoadBalancer 10.0.0.7:80'],
    ],
    ['a balancer without node ports', { type: 'LoadBalancer' }, ['LoadBalancer 127.0.0.1:80', 'LoadBalancer 10.0.0.7:80']],
    [
      'a balancer of a class of its own, only at its node port',
      { type: 'LoadBalancer', loadBalancerClass: 'metal.example/lb', ports: [{ port: 80, nodePort: 30080 }] },
      ['NodePort 127.0.0.1:30080', 'NodePort 10.0.0.7:30080'],
    ],
    [
      'external addresses, those of loopback and those that may be listened on',
      { externalIPs: ['127.0.0.9', '10.0.0.7', '192.0.2.1'] },
      ['ExternalIP 127.0.0.9:80', 'ExternalIP 10.0.0.7:80'],
    ],
    [
      'an address that is external and the balancer, once',
      { type: 'LoadBalancer', externalIPs: ['10.0.0.7'] },
      ['LoadBalancer 127.0.0.1:80', 'LoadBalancer 10.0.0.7:80'],
    ],
  ])('%s', (_, spec, expected) => {
    const routes = routesOf([service('web', spec)], [], { nodePortAddresses: ['127.0.0.1', '10.0.0.7'] });
    expect(routes.filter(({ through }) => through !== 'ClusterIP').map((each) => `${each.through} ${formatTarget(each)}`)).toEqual(
      expected,
    );
  });

  test('nothing for a Service that somebody else carries', () => {
    const { metadata, ...rest } = service('web');
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    expect(routesOf([{ ...rest, metadata: { ...metadata, labels } }], [])).toEqual([]);
  });

  test('only what comes through a balancer is bound to its networks', () => {
    const of = service('web', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] });
    expect(routesOf([of], []).map(({ through, sources }) => [through, sources])).toEqual([
      ['ClusterIP', undefined],
      ['LoadBalancer', ['10.0.0.0/8']],
    ]);
  });

  test('node ports listen where they are told to', () => {
    const of = service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    expect(table([of], [], { nodePortAddresses: ['127.0.0.1', '10.0.0.7'] })).toEqual([
      'TCP 127.96.0.10:80 ->',
      'TCP 127.0.0.1:30080 ->',
      'TCP 10.0.0.7:30080 ->',
    ]);
  });
});

describe('a Service that keeps to its node', () => {
  const at = (address: string, nodeName: string, conditions: object = ready) => ({ addresses: [address], nodeName, conditions });
  const slices = [slice('web', [at('127.1.0.1', 'here'), at('127.1.0.2', 'there')])];
  const ports = [{ port: 80, targetPort: 8080, nodePort: 30080 }];

  test.each<[name: string, spec: Partial<Service['spec']>, expected: readonly string[]]>([
    ['for clients inside', { internalTrafficPolicy: 'Local' }, ['127.1.0.1:8080', '127.1.0.1:8080 127.1.0.2:8080']],
    ['for clients outside', { externalTrafficPolicy: 'Local' }, ['127.1.0.1:8080 127.1.0.2:8080', '127.1.0.1:8080']],
    ['for nobody', {}, ['127.1.0.1:8080 127.1.0.2:8080', '127.1.0.1:8080 127.1.0.2:8080']],
  ])('%s', (_, spec, expected) => {
    const routes = routesOf([service('web', { type: 'NodePort', ports, ...spec })], slices, { nodeName: 'here' });
    expect(routes.map(({ endpoints }) => endpoints.map(formatTarget).join(' '))).toEqual(expected);
  });

  test('falls back to its own that end, never to those of others', () => {
    const ending = [slice('web', [at('127.1.0.1', 'here', draining), at('127.1.0.2', 'there')])];
    const [route] = routesOf([service('web', { internalTrafficPolicy: 'Local' })], ending, { nodeName: 'here' });
    expect(route!.endpoints.map(formatTarget)).toEqual(['127.1.0.1:8080']);
  });
});

describe('where connections go', () => {
  test.each<[name: string, slices: readonly EndpointSlice[], endpoints: string]>([
    ['to all ready endpoints, in order', [slice('web', ['127.1.0.2', '127.1.0.1'])], '127.1.0.1:8080 127.1.0.2:8080'],
    [
      'to those of every slice, once',
      [slice('web', ['127.1.0.1']), slice('web', ['127.1.0.1', '127.1.0.2'], { name: 'b' })],
      '127.1.0.1:8080 127.1.0.2:8080',
    ],
    ['to none of another Service', [slice('other', ['127.1.0.1'])], ''],
    ['to none of the same name elsewhere', [inNamespace('other', slice('web', ['127.1.0.1']))], ''],
    ['to one that does not say whether it is ready', [slice('web', [{ addresses: ['127.1.0.1'] }])], '127.1.0.1:8080'],
    ['not to one that is not ready', [slice('web', [{ addresses: ['127.1.0.1'], conditions: starting }, '127.1.0.2'])], '127.1.0.2:8080'],
    [
      'not to one that ends while another is ready',
      [
        slice('web', [
          { addresses: ['127.1.0.1'], conditions: draining },
          { addresses: ['127.1.0.2'], conditions: ready },
        ]),
      ],
      '127.1.0.2:8080',
    ],
    [
      'to one that ends but serves when no other is ready',
      [
        slice('web', [
          { addresses: ['127.1.0.1'], conditions: draining },
          { addresses: ['127.1.0.2'], conditions: ended },
        ]),
      ],
      '127.1.0.1:8080',
    ],
    [
      'nowhere when none serves',
      [
        slice('web', [
          { addresses: ['127.1.0.1'], conditions: ended },
          { addresses: ['127.1.0.2'], conditions: starting },
        ]),
      ],
      '',
    ],
    [
      'to the port that each slice names',
      [slice('web', ['127.1.0.1']), slice('web', ['127.1.0.2'], { name: 'b', ports: [{ port: 9090 }] })],
      '127.1.0.1:8080 127.1.0.2:9090',
    ],
    ['to the first address of an endpoint', [slice('web', [{ addresses: ['127.1.0.1', '127.1.0.9'] }])], '127.1.0.1:8080'],
    ['not to another family', [slice('web', ['::7'], { addressType: 'IPv6' })], ''],
    ['not to a port of another protocol', [slice('web', ['127.1.0.1'], { ports: [{ port: 8080, protocol: 'UDP' }] })], ''],
  ])('%s', (_, slices, endpoints) => {
    expect(table([web], slices)).toEqual([`TCP 127.96.0.10:80 ->${endpoints && ' '}${endpoints}`]);
  });

  test('each port goes to the endpoint port of its name', () => {
    const two = service('web', {
      ports: [
        { name: 'http', port: 80 },
        { name: 'admin', port: 81 },
      ],
    });
    const ports = [
      { name: 'admin', port: 9000 },
      { name: 'http', port: 8080 },
    ];
    expect(table([two], [slice('web', ['127.1.0.1'], { ports })])).toEqual([
      'TCP 127.96.0.10:80 -> 127.1.0.1:8080',
      'TCP 127.96.0.10:81 -> 127.1.0.1:9000',
    ]);
  });
});

test.each<[name: string, spec: Partial<Service['spec']>, ms: number | undefined]>([
  ['no affinity', { sessionAffinity: 'None' }, undefined],
  ['affinity lasts three hours', { sessionAffinity: 'ClientIP' }, 10_800_000],
  ['or as long as it says', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }, 60_000],
])('%s', (_, spec, ms) => {
  expect(routesOf([service('web', spec)], [])[0]!.affinityMs).toBe(ms);
});

function inNamespace(namespace: string, of: EndpointSlice): EndpointSlice {
  return { ...of, metadata: { ...of.metadata, namespace } };
}
