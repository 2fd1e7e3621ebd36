import { beforeEach, describe, expect, test } from 'vitest';
import type { NodeEndpoints } from '../../../src/apiserver/api.ts';
import { FakeOutlet, POD, answered, ask, fakeBackend } from './fake.ts';

let requests: Request[];
let reply: () => Response;

beforeEach(() => {
  requests = [];
  reply = () => new Response('line 1\nline 2\n');
});

const nodes: NodeEndpoints = (node) =>
  node === 'n1'
    ? async (request) => {
        requests.push(request);
        return reply();
      }
    : undefined;

function withPod(spec: object) {
  const { api, backend } = fakeBackend({ nodes });
  api.put(POD, { metadata: { namespace: 'default', name: 'p' }, spec });
  return backend;
}

const ONE = { nodeName: 'n1', containers: [{ name: 'web' }] };
const TWO = { nodeName: 'n1', containers: [{ name: 'web' }, { name: 'side' }], initContainers: [{ name: 'setup' }] };
const LOG = 'GET /api/v1/namespaces/default/pods/p/log';

async function read(backend: ReturnType<typeof withPod>, request: string) {
  const answer = await ask(backend, request);
  const outlet = new FakeOutlet();
  if (answer.body.kind === 'live') await answer.body.run(outlet);
  return { ...answer, outlet };
}

test("the node's answer is passed on as text", async () => {
  const { code, type, outlet } = await read(withPod(ONE), LOG);
  expect({ code, type, text: outlet.text, ended: outlet.ended }).toEqual({
    code: 200,
    type: 'text/plain; charset=utf-8',
    text: 'line 1\nline 2\n',
    ended: true,
  });
});

const asked: [string, object, string, string][] = [
  ['the only container needs no name', ONE, '', 'http://n1/containerLogs/default/p/web?'],
  ['a container is named', TWO, '?container=side', 'http://n1/containerLogs/default/p/side?'],
  ['an init container is named', TWO, '?container=setup', 'http://n1/containerLogs/default/p/setup?'],
  [
    'what to read is passed on',
    ONE,
    '?follow=true&tailLines=10&previous=true&timestamps=true&pretty=1',
    'http://n1/containerLogs/default/p/web?follow=true&tailLines=10&previous=true&timestamps=true',
  ],
];
test.each(asked)('%s', async (_, spec, query, url) => {
  await read(withPod(spec), LOG + query);
  expect(requests.map((request) => request.url)).toEqual([url]);
});

test('a client that leaves ends the reading', async () => {
  const left = Promise.withResolvers<void>();
  reply = () => new Response(new ReadableStream({ cancel: () => left.resolve() }));
  const answer = await ask(withPod(ONE), `${LOG}?follow=true`);
  const outlet = new FakeOutlet();
  const running = answer.body.kind === 'live' ? answer.body.run(outlet) : undefined;
  outlet.leave();
  await running;
  await left.promise;
});

describe('refusals', () => {
  const cases: [string, object, string, number, string][] = [
    [
      'which of two',
      TWO,
      '',
      400,
      'a container name must be specified for pod p, choose one of: [web side] or one of the init containers: [setup]',
    ],
    ['no such container', ONE, '?container=x', 400, 'container x is not valid for pod p'],
    ['a node that is away', { ...ONE, nodeName: 'n2' }, '', 503, 'the log of pod p cannot be read: its node n2 is not connected'],
    [
      'fewer than no lines',
      ONE,
      '?tailLines=-1',
      422,
      'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['no seconds', ONE, '?sinceSeconds=0', 422, 'PodLogOptions "p" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
  ];
  test.each(cases)('%s', async (_, spec, query, code, message) => {
    expect((await answered(withPod(spec), LOG + query)).value).toMatchObject({ kind: 'Status', code, message });
    expect(requests).toEqual([]);
  });

  test("the kubelet's own words are passed on", async () => {
    const message = 'container "web" in pod "p" is waiting to start: ContainerCreating';
    reply = () => new Response(message, { status: 400 });
    expect((await answered(withPod(ONE), LOG)).value).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });

  test('a pod that is not there', async () => {
    expect((await answered(withPod(ONE), 'GET /api/v1/namespaces/default/pods/none/log')).code).toBe(404);
  });
});

test('a pod that has no node yet has an empty log', async () => {
  expect(await answered(withPod({ containers: [{ name: 'web' }] }), LOG)).toMatchObject({ code: 200, text: '' });
});
