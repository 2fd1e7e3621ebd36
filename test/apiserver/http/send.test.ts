import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outlet } from '../../../src/apiserver/http/message.ts';
import { send } from '../../../src/apiserver/http/send.ts';

let server: http.Server;
let agent: http.Agent;
let run: (outlet: Outlet) => Promise<void>;
beforeEach(async () => {
  server = http.createServer((_, response) => {
    void send({ code: 200, type: 'text/plain', body: { kind: 'live', run } }, response, undefined, new Set());
  });
  await new Promise<void>((listens) => void server.listen(0, '127.0.0.1', listens));
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await new Promise<unknown>((closed) => void server.close(closed));
});

/** The answer; it is read from when `ready` resolves. */
function get(ready = Promise.resolve()): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('end', () => resolve(text))
        .on('error', reject);
      void ready.then(() => response.on('data', (piece: string) => (text += piece)));
    });
    request.on('error', reject);
  });
}

test('what is written once a live answer was ended from outside is in no answer of the connection', async () => {
  run = (outlet) => {
    outlet.write('told ü\n');
    outlet.end();
    outlet.write('too late\n');
    return Promise.resolve();
  };
  expect([await get(), await get()]).toEqual(['told ü\n', 'told ü\n']);
});

test('large pieces come whole, however many wait for their client at once', async () => {
  const letters = [...'abcdefghijklmnop'];
  const written = Promise.withResolvers<void>();
  run = async (outlet) => {
    for (const letter of letters) outlet.write([Buffer.from(letter.repeat(1_000_000)), Buffer.from('\n')]);
    written.resolve();
    outlet.end();
  };
  const lines = (await get(written.promise)).split('\n');
  expect(lines.map((line, at) => line === (letters[at] ?? '').repeat(1_000_000)).every(Boolean)).toBe(true);
});
