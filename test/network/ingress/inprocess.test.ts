import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../../src/base/index.ts';
import { ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES, type Ingress } from '../../../src/model/index.ts';
import { CONTROLLER, startIngress, type IngressService } from '../../../src/network/ingress/index.ts';
import { selfSigned } from '../../tools/certificate.ts';
import { controlPlane } from '../../tools/control-plane.ts';
import { service } from '../../tools/manifests.ts';
import { slice } from '../samples.ts';

function ask(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve(`${response.statusCode} ${text.trim()}`));
    }).on('error', reject);
  });
}

const ingress = (host: string, more: Partial<Ingress['spec']> = {}): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    ingressClassName: 'slipway',
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }] } }],
    ...more,
  },
});

test('an Ingress of a control plane is served, is told where, and what it does not get', async () => {
  const { client, trusted, clock } = await controlPlane();
  const scope = new Scope('test');
  const backend = createServer((_, response) => response.end('hello'));
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const events: string[] = [];
  const served: string[] = [];
  const opening = Promise.withResolvers<IngressService>();
  startIngress({
    client: trusted,
    clock,
    random: seededRandom(1),
    log: silentLog,
    scope,
    doors: { http: { address: '127.0.0.1', ports: [0] }, https: { address: '127.0.0.1', ports: [] } },
    fallback: () => selfSigned('fallback'),
    opened: opening.resolve,
    served: ({ ingress: of, status }) => void served.push(`${of} ${status}`),
    recorder: { event: (_, type, reason, message) => void events.push(`${type} ${reason}: ${message}`) },
  });

  await client.create(INGRESS_CLASSES, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'slipway' },
    spec: { controller: CONTROLLER },
  });
  await client.create(SERVICES, service('web', { ports: [{ name: 'http', port: 80 }] }));
  await client.create(INGRESSES, ingress('web.example'));
  const { http } = await opening.promise;
  const { port } = http!;
  await clock.settle();
  expect(await ask(port, 'web.example')).toBe('503 no endpoint of Service default/web is ready');
  expect((await client.get(INGRESSES, 'web', 'default')).status).toEqual({
    loadBalancer: { ingress: [{ ip: '127.0.0.1', ports: [{ port, protocol: 'TCP' }] }] },
  });

  const targetPort = (backend.address() as AddressInfo).port;
  const { metadata, ...rest } = slice('web', ['127.0.0.1'], { ports: [{ name: 'http', port: targetPort, protocol: 'TCP' }] });
  await trusted.create(ENDPOINT_SLICES, {
    ...rest,
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
  });
  expect(await ask(port, 'web.example')).toBe('200 hello');

  await client.update(INGRESSES, ingress('other.example', { tls: [{ hosts: ['other.example'], secretName: 'cert' }] }));
  await clock.settle();
  expect(await ask(port, 'web.example')).toBe('404 no Ingress has a rule for web.example/');
  expect(await ask(port, 'other.example')).toBe('200 hello');
  const data = { 'tls.crt': Buffer.from('x').toString('base64') };
  await client.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { namespace: 'default', name: 'cert' },
    data,
  });
  await clock.settle();
  expect(events).toEqual([
    'Warning NotServed: TLS for other.example: the Secret default/cert is not there',
    'Warning NotServed: TLS for other.example: the Secret default/cert has no tls.crt or no tls.key',
  ]);

  await client.update(INGRESSES, ingress('other.example', { ingressClassName: 'nginx' }));
  await clock.settle();
  expect(await ask(port, 'other.example')).toBe('404 no Ingress has a rule for other.example/');
  expect(served.slice(0, 2)).toEqual(['default/web 503', 'default/web 200']);
  await scope.close();
  backend.closeAllConnections();
  backend.close();
});
