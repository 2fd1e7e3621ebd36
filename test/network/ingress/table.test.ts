import { describe, expect, test } from 'vitest';
import type { Ingress, IngressPath } from '../../../src/model/index.ts';
import { compile, match } from '../../../src/network/ingress/table.ts';

/** `host/path Type -> service:port`; a host of `*` is any. */
function ingress(name: string, lines: readonly string[], more: Partial<Ingress['spec']> = {}, annotations = {}): Ingress {
  const rules = lines.map((line) => {
    const [, host = '', path = '', pathType = '', service = '', port = ''] = /^([^/]*)(\S*) (\w+) -> (\w+):(\w+)$/.exec(line)!;
    const number = Number(port);
    const at: IngressPath = {
      path,
      pathType: pathType as IngressPath['pathType'],
      backend: { service: { name: service, port: number ? { number } : { name: port } } },
    };
    return { ...(host === '*' ? {} : { host }), http: { paths: [at] } };
  });
  const metadata = { namespace: 'shop', name, creationTimestamp: `2026-01-01T00:00:0${name.length}Z`, annotations };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { ...(rules.length > 0 ? { rules } : {}), ...more } };
}

const SHOP = ingress('shop', [
  'shop.example/ Prefix -> web:80',
  'shop.example/api Prefix -> api:http',
  'shop.example/api/v2/ Prefix -> next:80',
  'shop.example/api Exact -> root:80',
  'shop.example/exact/ Exact -> slash:80',
  '*.shop.example/ Prefix -> tenant:80',
  '*/health ImplementationSpecific -> health:80',
]);

const to = (ingresses: readonly Ingress[], url: string) => {
  const { hostname, pathname } = new URL(`http://${url}`);
  const found = match(compile(ingresses).table, hostname, pathname);
  return found ? `${found.route.backend.service}:${found.route.backend.port}` : 'nowhere';
};

describe('a request', () => {
  test.each([
    ['shop.example/', 'shop/web:80'],
    ['shop.example/cart', 'shop/web:80'],
    ['shop.example/api', 'shop/root:80'],
    ['shop.example/api/', 'shop/api:http'],
    ['shop.example/api/v1', 'shop/api:http'],
    ['shop.example/apiary', 'shop/web:80'],
    ['shop.example/api/v2', 'shop/next:80'],
    ['shop.example/api/v2/x', 'shop/next:80'],
    ['shop.example/exact/', 'shop/slash:80'],
    ['shop.example/exact', 'shop/web:80'],
    ['a.shop.example/x', 'shop/tenant:80'],
    ['a.b.shop.example/x', 'nowhere'],
    ['other.example/health/live', 'shop/health:80'],
    ['other.example/', 'nowhere'],
  ])('%s goes to %s', (url, backend) => expect(to([SHOP], url)).toBe(backend));

  test('what nothing matches goes to the default backend, of the host first', () => {
    const backend = (name: string) => ({ defaultBackend: { service: { name, port: { number: 1 } } } });
    const all = [ingress('a', ['x.example/a Prefix -> a:1'], backend('host')), ingress('b', [], backend('rest'))];
    expect(to(all, 'x.example/a')).toBe('shop/a:1');
    expect(to(all, 'x.example/other')).toBe('shop/host:1');
    expect(to(all, 'y.example/')).toBe('shop/rest:1');
  });
});

describe('two Ingresses', () => {
  test('share a host', () => {
    const all = [SHOP, ingress('more', ['shop.example/more Prefix -> more:80'])];
    expect(to(all, 'shop.example/more')).toBe('shop/more:80');
    expect(to(all, 'shop.example/less')).toBe('shop/web:80');
  });

  test('that want the same: the older has it, and the other is told', () => {
    const younger = ingress('younger', ['shop.example/api/ Prefix -> mine:80']);
    expect(to([younger, SHOP], 'shop.example/api/x')).toBe('shop/api:http');
    expect([...compile([younger, SHOP]).problems]).toEqual([
      ['shop/younger', ['shop.example/api/ belongs to Ingress shop/shop already, which is older']],
    ]);
  });
});

describe('what an Ingress says beside its rules', () => {
  const found = (more: Partial<Ingress['spec']>, annotations = {}) => {
    const { table, problems } = compile([ingress('a', ['x.example/ Prefix -> a:1'], more, annotations)]);
    return { ...match(table, 'x.example', '/')!, problems: problems.get('shop/a') };
  };

  test('a host with TLS is known as such', () => {
    expect(found({ tls: [{ hosts: ['x.example'], secretName: 'cert' }] }).isSecured).toBe(true);
    expect(found({ tls: [{ hosts: ['y.example'], secretName: 'cert' }] }).isSecured).toBe(false);
    expect(found({ tls: [{ secretName: 'cert' }] }).isSecured).toBe(true);
  });

  test.each([
    [{}, { redirectsToTls: true, largestBody: 104_857_600, timeout: 60_000 }],
    [{ 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' }, { redirectsToTls: false }],
    [{ 'ingress.slipway.dev/proxy-body-size': '8m' }, { largestBody: 8_388_608 }],
    [{ 'ingress.slipway.dev/proxy-body-size': '0' }, { largestBody: Number.POSITIVE_INFINITY }],
    [{ 'nginx.ingress.kubernetes.io/proxy-read-timeout': '300' }, { timeout: 300_000 }],
    [{ 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' }, { speaks: 'h2c' }],
    [{ 'nginx.ingress.kubernetes.io/backend-protocol': 'https' }, { speaks: 'https' }],
    [{ 'ingress.slipway.dev/proxy-body-size': '1k', 'nginx.ingress.kubernetes.io/proxy-body-size': '9k' }, { largestBody: 1024 }],
  ])('annotations %j mean %j', (annotations, policy) => expect(found({}, annotations).route.policy).toMatchObject(policy));

  test('what cannot be read is told, and the usual holds', () => {
    expect(found({}, { 'ingress.slipway.dev/proxy-body-size': 'much' })).toMatchObject({
      route: { policy: { largestBody: 104_857_600 } },
      problems: ['the annotation proxy-body-size: "much" cannot be read; 104857600 holds'],
    });
  });

  test('a backend that is no Service is told', () => {
    const backend = { resource: { kind: 'Bucket', name: 'b' } };
    const { problems } = compile([ingress('a', [], { rules: [{ http: { paths: [{ path: '/x', pathType: 'Prefix', backend }] } }] })]);
    expect(problems.get('shop/a')).toEqual(['the backend of /x is no Service: only Services can be reached']);
  });
});
