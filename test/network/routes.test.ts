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

  test('node ports listen where they are told to', () => {
    const of = service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
    expect(table([of], [], { nodePortAddresses: ['127.0.0.1', '10.0.0.7'] })).toEqual([
      'TCP 127.96.0.10:80 ->',
      'TCP 127.0.0.1:30080 ->',
      'TCP 10.0.0.7:30080 ->',
    ]);
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
