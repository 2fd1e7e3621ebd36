/**
 * 1,000 Services of ten endpoints each: how long until all of them are carried, and how long until a change of one takes
 * effect for its clients, by a relay and by the kernel: `node test/bench/services.ts`.
 */
import { createServer, type Server } from 'node:net';
import { Scope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import { ENDPOINT_SLICES, SERVICES, type EndpointSlice } from '../../src/model/index.ts';
import { openPlane, startServiceProxy, whenOpened, type ProxyMode } from '../../src/network/index.ts';
import { exchange } from '../network/sockets.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';
import { slice } from '../network/samples.ts';
import { heading, show } from './report/index.ts';

const SERVICES_COUNT = 1_000;
const ENDPOINTS = 10;
const CHANGES = 9;
const PORT = 8080;
const GOALS: Readonly<Record<string, number>> = { userspace: 50, nftables: 100 };

/** Answers with its name. */
function serve(name: string, address: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).end(name));
  return new Promise((resolve) => server.listen(PORT, address, () => resolve(server)));
}

const sliceOf = (name: string, last: string): EndpointSlice => {
  const addresses = Array.from({ length: ENDPOINTS - 1 }, (_, i) => `127.120.0.${i + 1}`);
  const { metadata, ...rest } = slice(name, [...addresses, last], { ports: [{ port: PORT, protocol: 'TCP' }] });
  return { ...rest, metadata: { name, namespace: 'default', labels: metadata.labels } };
};

async function measure(mode: ProxyMode): Promise<void> {
  const { client, trusted } = await controlPlane();
  const scope = new Scope('bench');
  const parts = { clock: systemClock, random: systemRandom, log: silentLog };
  const opening = openPlane({ mode, table: `slipway-bench-${process.pid}`, own: [], ...parts });
  const { kind, because } = await opening;
  if (mode === 'nftables' && kind !== mode) return console.log(`by nftables: not measured, ${because}`);
  for (let i = 0; i < SERVICES_COUNT; i++) {
    await client.create(SERVICES, service(`web-${i}`, { ports: [{ port: 80, targetPort: PORT }] }));
    await trusted.create(ENDPOINT_SLICES, sliceOf(`web-${i}`, '127.120.0.10'));
  }
  const begin = performance.now();
  const proxy = startServiceProxy({ client: trusted, ...parts, scope, plane: whenOpened(opening) });
  while (proxy.routes().length < SERVICES_COUNT) await systemClock.sleep(1);
  await proxy.settled();
  show(`${SERVICES_COUNT} Services of ${ENDPOINTS} endpoints, by ${mode}`, [performance.now() - begin], 'ms');
  const effects: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const name = `web-${i * 100}`;
    const { clusterIP } = (await client.get(SERVICES, name, 'default')).spec;
    const live = await client.get(ENDPOINT_SLICES, name, 'default');
    const changed = performance.now();
    // Only one endpoint is left: the first answer from it is the effect.
    await trusted.update(ENDPOINT_SLICES, { ...live, endpoints: [{ addresses: ['127.120.1.1'], conditions: { ready: true } }] });
    while ((await exchange({ address: clusterIP!, port: 80 })) !== 'new');
    effects.push(performance.now() - changed);
  }
  show(`a change of one of them takes effect, by ${mode}`, effects, 'ms', { atMost: GOALS[mode] });
  await scope.close();
}

heading('changes of Services');
const servers = await Promise.all([
  ...Array.from({ length: ENDPOINTS }, (_, i) => serve('old', `127.120.0.${i + 1}`)),
  serve('new', '127.120.1.1'),
]);
await measure('userspace');
try {
  await measure('nftables');
} catch (error) {
  console.log(`by nftables: not measured, ${(error as Error).message}`);
}
for (const server of servers) server.close();
