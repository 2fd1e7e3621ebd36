import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeProtobuf, PROTOBUF } from '../../../src/apiserver/http/protobuf/index.ts';
import { findKubectl } from '../../tools/kubectl.ts';
import { GENERATORS, wordsOf } from './protobuf-generators.ts';

const program = findKubectl();
const run = promisify(execFile);

describe.skipIf(!program)("what kubectl's generators send as protobuf is what they print as JSON", () => {
  const taken: { type: string | undefined; body: Buffer }[] = [];
  let server: Server;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-protobuf-'));
    server = createServer((request, response) => void answer(request, response, taken));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await rm(dir, { recursive: true });
  });

  async function kubectl(...words: string[]): Promise<string> {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const environment = { ...process.env, HOME: dir, KUBECONFIG: join(dir, 'config'), KUBECACHEDIR: join(dir, 'cache') };
    return (await run(program!, ['--server', address, ...words], { cwd: dir, env: environment, encoding: 'utf8' })).stdout;
  }

  test.each(GENERATORS)('create %s', async (generator) => {
    taken.length = 0;
    const [printed] = await Promise.all([
      kubectl(...wordsOf(generator, '--dry-run=client', '--output=json')),
      kubectl(...wordsOf(generator)),
    ]);
    expect(taken.map(({ type }) => type)).toEqual([PROTOBUF]);
    const { metadata, ...sent } = decodeProtobuf(taken[0]!.body) as { metadata: object };
    // kubectl fills in the namespace of what it prints, the server that of what is sent.
    const { metadata: expected, ...object } = JSON.parse(printed) as { metadata: { namespace?: string } };
    expect(sent).toStrictEqual(object);
    expect({ namespace: expected.namespace, ...metadata }).toStrictEqual({ namespace: expected.namespace, ...expected });
  });

  test('create token and auth can-i ask with protobuf', async () => {
    taken.length = 0;
    await kubectl('create', 'token', 'robot', '--audience=a', '--duration=10m').catch(() => '');
    await kubectl('auth', 'can-i', 'list', 'pods', '-n', 'team').catch(() => '');
    expect(taken.map(({ body }) => decodeProtobuf(body))).toEqual([
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: { audiences: ['a'], expirationSeconds: 600, boundObjectRef: null },
        status: { token: '', expirationTimestamp: null },
      },
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes: { namespace: 'team', verb: 'list', resource: 'pods' } },
        status: { allowed: false },
      },
    ]);
  });
});

const PODS = { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] };
const DISCOVERY: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', groups: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [PODS] },
};

/** A server that takes everything and says it back. */
async function answer(request: IncomingMessage, response: ServerResponse, taken: { type: string | undefined; body: Buffer }[]) {
  const body = await buffer(request);
  const found = request.method === 'POST' ? decodeProtobuf(body) : DISCOVERY[new URL(request.url!, 'http://x').pathname];
  if (request.method === 'POST') taken.push({ type: request.headers['content-type'], body });
  response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }));
}
