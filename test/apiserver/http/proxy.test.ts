import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS } from '../../../src/model/index.ts';
import { answered, ask, FakeOutlet, fakeBackend, POD } from './fake.ts';

const PAGE = '<a href="/next">next</a>';

let server: Server;
let port: number;

/** Answers with what it was asked. */
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { authorization = 'nobody', host, 'x-forwarded-uri': uri, 'x-forwarded-for': by } = request.headers;
      if (request.url === '/moved') return void response.writeHead(302, { Location: `http://127.0.0.1:${port}/login?a=b` }).end();
      if (request.url === '/told?a=b') return void response.end(`${host} ${uri} ${by}`);
      if (request.url === '/page') return void response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
      const packed = { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' };
      if (request.url === '/packed') return void response.writeHead(200, packed).end(gzipSync(PAGE));
      response.writeHead(request.url === '/404' ? 404 : 200, { 'X-Own': 'yes', 'Content-Type': 'text/x' });
      response.end(`${request.method} ${request.url} ${body} ${authorization}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

const kindOf = (name: string) => BUILT_IN_KINDS.find(({ kind }) => kind === name)!;

function cluster() {
  const { api, backend } = fakeBackend({
    nodes: (name) => (name === 'n1' ? async (request) => new Response(new URL(request.url).pathname) : undefined),
  });
  for (const kind of ['Service', 'EndpointSlice', 'Node']) api.kinds.add(kindOf(kind));
  const containers = [{ name: 'web', ports: [{ name: 'http', containerPort: port }] }];
  api.put(POD, { metadata: { namespace: 'default', name: 'p' }, spec: { nodeName: 'n1', containers }, status: { podIP: '127.0.0.1' } });
  api.put(POD, { metadata: { namespace: 'default', name: 'new' }, spec: { containers } });
  api.put(kindOf('Node'), { metadata: { name: 'n1' } });
  const ports = [{ name: 'web', port: 80 }];
  api.put(kindOf('Service'), { metadata: { namespace: 'default', name: 's' }, spec: { ports } });
  api.put(kindOf('EndpointSlice'), {
    metadata: { namespace: 'default', name: 's-1', labels: { 'kubernetes.io/service-name': 's' } },
    endpoints: [
      { addresses: ['192.0.2.1'], conditions: { ready: false } },
      { addresses: ['192.0.2.2'], conditions: { ready: true } },
      { addresses: ['192.0.2.3'], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace: 'default', name: 'p' } },
      { addresses: ['127.0.0.1'], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace: 'default', name: 'p' } },
    ],
    ports: [{ name: 'web', port }],
  });
  return backend;
}

async function read(request: string, options: Parameters<typeof ask>[2] = {}) {
  const answer = await ask(cluster(), request, options);
  const outlet = new FakeOutlet();
  if (answer.body.kind === 'live') await answer.body.run(outlet);
  return { code: answer.code, type: answer.type, headers: answer.headers, text: outlet.text };
}

const PODS = '/api/v1/namespaces/default/pods';
const SERVICES = '/api/v1/namespaces/default/services';

describe('a request is passed on', () => {
  test.each([
    ['to the first port of a pod', `GET ${PODS}/p/proxy/a/b?c=d`, 'GET /a/b?c=d  nobody'],
    ['to a port by its name', `GET ${PODS}/p:http/proxy/`, 'GET /  nobody'],
    ['by a scheme that is named', `GET ${PODS}/http:p:http/proxy/`, 'GET /  nobody'],
    ['with its query as it is', `GET ${PODS}/p/proxy/?wsdl`, 'GET /?wsdl  nobody'],
    ['whatever is called as the proxy is', `GET ${PODS}/p/proxy/proxy/x`, 'GET /proxy/x  nobody'],
    ['by any method', `OPTIONS ${PODS}/p/proxy/x`, 'OPTIONS /x  nobody'],
    ['without a path', `POST ${PODS}/p/proxy?a=b`, 'POST /?a=b  nobody'],
    ['to a ready pod behind a Service, and nothing else', `GET ${SERVICES}/s/proxy/x`, 'GET /x  nobody'],
    ['to a port of a Service', `GET ${SERVICES}/s:80/proxy/x`, 'GET /x  nobody'],
    ['to a node', 'GET /api/v1/nodes/n1/proxy/stats/summary', '/stats/summary'],
  ])('%s', async (_, request, text) => {
    expect(await read(request)).toMatchObject({ code: 200, text });
  });

  test('with its body, and without what says who asks here', async () => {
    const headers = { authorization: 'Bearer secret', 'impersonate-user': 'jane' };
    expect((await read(`POST ${PODS}/p/proxy/`, { body: 'hello', headers })).text).toBe('POST / hello nobody');
  });

  test('of which only the head is wanted', async () => {
    expect(await read(`HEAD ${SERVICES}/s/proxy/404`)).toMatchObject({ code: 404, text: '' });
  });

  test('as the client called the server, and with the path that it asked for', async () => {
    const { text } = await read(`GET ${PODS}/p/proxy/told?a=b`, { headers: { host: 'example.com', 'x-forwarded-for': '10.9.9.9' } });
    expect(text).toBe(`example.com ${PODS}/p/proxy/told 10.9.9.9, 192.0.2.7`);
  });

  test.each(['GET', 'HEAD'])('below a slash, which %s is told', async (method) => {
    const { code, headers } = await read(`${method} ${SERVICES}/s/proxy?a=b`);
    expect([code, headers]).toEqual([301, { location: `${SERVICES}/s/proxy/?a=b` }]);
  });

  test('and its links lead through the proxy', async () => {
    const next = `<a href="${PODS}/p/proxy/next">next</a>`;
    expect((await read(`GET ${PODS}/p/proxy/page`)).text).toBe(next);
    expect((await read(`GET ${PODS}/p/proxy/moved`, { headers: { host: 'example.com' } })).headers).toMatchObject({
      location: `${PODS}/p/proxy/login?a=b`,
    });
    const { body } = await ask(cluster(), `GET ${PODS}/p/proxy/packed`);
    const bytes: Uint8Array[] = [];
    const outlet = new FakeOutlet();
    outlet.write = (chunk) => bytes.push(chunk as Uint8Array) > 0;
    if (body.kind === 'live') await body.run(outlet);
    expect(gunzipSync(Buffer.concat(bytes)).toString()).toBe(next);
  });

  test('and its answer comes back as it is', async () => {
    expect(await read(`GET ${PODS}/p/proxy/404`)).toMatchObject({ code: 404, type: 'text/x', headers: { 'x-own': 'yes' } });
  });
});

describe('a request is refused', () => {
  test.each([
    ['for a port that is none', `GET ${PODS}/p:moon/proxy/`, 400, 'invalid port "moon"'],
    ['for a name that is none', `GET ${PODS}/ftp:p:1/proxy/`, 400, 'invalid pod request "ftp:p:1"'],
    ['for a pod without an address', `GET ${PODS}/new/proxy/`, 400, 'address not allowed: pod new has none yet'],
    ['for a port that the Service does not have', `GET ${SERVICES}/s:81/proxy/`, 503, 'no service port 81 found for service "s"'],
    ['for a name of a port that the Service does not have', `GET ${SERVICES}/s:moon/proxy/`, 503, 'no endpoints available for service "s"'],
    ['for a node that only answers', 'POST /api/v1/nodes/n1/proxy/run', 405, 'a node answers nothing but GET through its proxy'],
    ['when nobody answers', `GET ${PODS}/p:1/proxy/`, 503, 'error trying to reach service: connect ECONNREFUSED 127.0.0.1:1'],
  ])('%s', async (_, request, code, message) => {
    expect(await answered(cluster(), request)).toMatchObject({ code, value: { message } });
  });
});
