/** How many questions a second the name server answers, asked from another process: `node test/bench/dns.ts`. */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encode } from 'dns-packet';
import { Scope, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { Resolver } from '../../src/network/dns/resolver.ts';
import { DnsServer } from '../../src/network/dns/server.ts';
import { DB, DB_SLICE, directoryOf, WEB } from '../network/dns/samples.ts';
import { heading, show } from './report/index.ts';

const SECONDS = 3;
const ROUNDS = 3;
const GOAL = 20_000;
/** Questions that are under way at the same time. */
const OPEN = 64;

/** Asks as fast as it is answered, and says how many answers came in the time. */
async function load(port: number): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const names = ['web.shop.svc.cluster.local', 'db.shop.svc.cluster.local', 'none.shop.svc.cluster.local'];
  const questions = names.map((name) => encode({ type: 'query', id: 1, flags: 0x0100, questions: [{ name, type: 'A' }] }));
  let answered = 0;
  const ask = () => socket.send(questions[answered % questions.length]!);
  socket.on('message', () => {
    answered++;
    ask();
  });
  for (let i = 0; i < OPEN; i++) ask();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  socket.close();
  return answered / SECONDS;
}

if (process.argv[2]) {
  process.send!(await load(Number(process.argv[2])));
  process.disconnect();
} else {
  const scope = new Scope('bench');
  const options = { clock: systemClock, random: seededRandom(1), domain: 'cluster.local', upstreams: () => [] };
  const server = new DnsServer(new Resolver({ ...options, directory: directoryOf([WEB, DB], [DB_SLICE]) }), silentLog, '127.0.0.1');
  const port = await server.listen({ address: '127.0.0.1', port: 0 });
  scope.use(server);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const child = fork(import.meta.filename, [String(port)]);
    const [rate] = (await once(child, 'message')) as [number];
    rounds.push(rate);
  }
  heading('name server');
  show('answers', rounds, '/s', { atLeast: GOAL });
  await scope.close();
}
