import { describe, expect, test } from 'vitest';
import { firstPage, placesOfIngress, placesOfService } from '../../src/cli/places.ts';
import type { Ingress, Service } from '../../src/model/index.ts';

const service = (spec: Partial<Service['spec']>, status?: Service['status']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { type: 'ClusterIP', clusterIP: '127.96.0.7', ports: [{ port: 80 }], ...spec },
  ...(status ? { status } : {}),
});

describe('a Service is reached at', () => {
  test.each<[name: string, of: Service, port: string | undefined, places: readonly string[]]>([
    ['its cluster address', service({}), undefined, ['http://127.96.0.7/']],
    ['a port that is not the usual one', service({ ports: [{ port: 8080 }] }), undefined, ['http://127.96.0.7:8080/']],
    ['a port with TLS', service({ ports: [{ port: 443 }] }), undefined, ['https://127.96.0.7/']],
    [
      'each of its ports, as what they are',
      service({
        ports: [
          { name: 'http', port: 8080 },
          { name: 'https-admin', port: 8443 },
          { name: 'postgres', port: 5432 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      }),
      undefined,
      ['http://127.96.0.7:8080/', 'https://127.96.0.7:8443/', '127.96.0.7:5432', '127.96.0.7:53 (UDP)'],
    ],
    [
      'the port that is asked for by name',
      service({
        ports: [
          { name: 'http', port: 80 },
          { name: 'db', port: 5432 },
        ],
      }),
      'db',
      ['127.96.0.7:5432'],
    ],
    [
      'its balancer',
      service({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }),
      undefined,
      ['http://192.0.2.1/'],
    ],
  ])('%s', (_, of, port, places) => {
    expect(placesOfService(of, port).map(({ address }) => address)).toEqual(places);
  });

  test.each<[name: string, of: Service, port: string | undefined, message: string]>([
    [
      'a name',
      service({ type: 'ExternalName', externalName: 'db.example', clusterIP: undefined }),
      undefined,
      'another name for db.example',
    ],
    ['headless', service({ clusterIP: 'None' }), undefined, 'is headless'],
    ['without that port', service({}), '81', 'Service shop/web has no port 81'],
  ])('nowhere when it is %s', (_, of, port, message) => {
    expect(() => placesOfService(of, port)).toThrow(message);
  });
});

describe('what to look at first is', () => {
  const named = (name: string, spec: Partial<Service['spec']> = {}, { namespace = 'default', labels = {} } = {}) => ({
    ...service(spec),
    metadata: { name, namespace, labels },
  });
  const own = [named('kubernetes'), named('kube-dns', { clusterIP: '127.96.0.10', ports: [{ port: 53 }] }, { namespace: 'kube-system' })];
  const database = named('database', { clusterIP: '127.96.0.8', ports: [{ name: 'postgres', port: 5432 }] });
  const web = named('web');
  const brought = named('shop', { clusterIP: '127.96.0.9' }, { labels: { 'slipway.dev/application': 'shop' } });

  test.each<[name: string, services: readonly Service[], page: string | undefined]>([
    ['nothing, where only the control plane has Services', own, undefined],
    ['nothing, where no Service has a page', [...own, database, named('name', { type: 'ExternalName' })], undefined],
    ['a page', [...own, named('pods', { clusterIP: 'None' }), database, web], 'http://127.96.0.7/'],
    ['a page that the repository brought, before others', [...own, web, brought], 'http://127.96.0.9/'],
  ])('%s', (_, services, page) => expect(firstPage(services)).toBe(page));
});

const backend = { service: { name: 'web', port: { number: 80 } } };
const path = (text: string) => ({ path: text, pathType: 'Prefix' as const, backend });
const served = {
  loadBalancer: { ingress: [{ ip: '127.0.0.1', ports: [8080, 8443].map((port) => ({ port, protocol: 'TCP' as const })) }] },
};
const ingress = (spec: Ingress['spec'], status: Ingress['status'] = served): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'shop' },
  spec,
  status,
});

describe('an Ingress is reached at', () => {
  test('each path of each host, with TLS where the host has it', () => {
    const rules = [
      { host: 'a.localhost', http: { paths: [path('/'), path('/cart')] } },
      { host: 'shop.example', http: { paths: [path('/')] } },
    ];
    expect(placesOfIngress(ingress({ rules, tls: [{ hosts: ['shop.example'], secretName: 'cert' }] }))).toEqual([
      { address: 'http://a.localhost:8080/' },
      { address: 'http://a.localhost:8080/cart' },
      {
        address: 'https://shop.example:8443/',
        hint: 'if shop.example does not lead to this machine: curl --resolve shop.example:8443:127.0.0.1',
      },
    ]);
  });

  test('TLS for all hosts where none is named, and a name that a wildcard stands for', () => {
    const rules = [{ host: '*.shop.example', http: { paths: [path('/')] } }];
    expect(placesOfIngress(ingress({ rules, tls: [{ secretName: 'cert' }] }))).toEqual([
      {
        address: 'https://any.shop.example:8443/',
        hint: 'if any.shop.example does not lead to this machine: curl --resolve any.shop.example:8443:127.0.0.1',
      },
    ]);
  });

  test('the address of the machine when it names no host', () => {
    expect(placesOfIngress(ingress({ defaultBackend: backend }))).toEqual([{ address: 'http://127.0.0.1:8080/' }]);
  });

  test('nowhere when no door is open', () => {
    expect(() => placesOfIngress(ingress({ defaultBackend: backend }, { loadBalancer: {} }))).toThrow('Ingress shop/web is not served');
  });
});
