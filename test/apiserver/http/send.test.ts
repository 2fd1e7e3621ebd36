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

function get(): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(text)).on('error', reject);
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

test('large pieces come whole, also when many are on their way at once and over several connections', async () => {
  const letters = ['a', 'ü', 'c', 'd', 'e'];
  const pieces = letters.map((letter) => [Buffer.from(letter.repeat(100_000)), Buffer.from(`${letter}\n`)]);
  run = async (outlet) => {
    for (const piece of pieces) if (!outlet.write(piece) && piece === pieces[2]) await outlet.drained();
    outlet.end();
  };
  agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
  const whole = letters.map((letter) => `${letter.repeat(100_001)}\n`).join('');
  for (const answers of [await Promise.all([get(), get(), get()]), [await get()]]) {
    expect(answers.every((text) => text === whole)).toBe(true);
  }
});
