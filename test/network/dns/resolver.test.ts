import { createSocket } from 'node:dgram';
import { Resolver as Asker } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { decode, encode, type Answer, type DecodedPacket, type Packet, type RecordType } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, Scope, seededRandom, silentLog } from '../../../src/base/index.ts';
import type { Upstream } from '../../../src/network/dns/forward.ts';
import { Resolver } from '../../../src/network/dns/resolver.ts';
import { DnsServer } from '../../../src/network/dns/server.ts';
import { freshAddress } from '../sockets.ts';
import { ALIAS, DB, DB_SLICE, directoryOf, DNS, DUAL, OUTSIDE, service, slice, WEB } from './samples.ts';

const MANY = service('many', { clusterIP: 'None', ports: [] });
const MANY_SLICE = slice(
  'many',
  Array.from({ length: 200 }, (_, i) => ({ addresses: [`10.1.${i}.1`] })),
);
const name = (of: string, target: string) => service(of, { type: 'ExternalName', externalName: `${target}.shop.svc.cluster.local` });
const [OTHER, CIRCLE] = [name('other', 'alias'), name('circle', 'circle')];
const directory = directoryOf([WEB, DUAL, DB, OUTSIDE, ALIAS, MANY, OTHER, CIRCLE, DNS], [DB_SLICE, MANY_SLICE]);
/** How a question says what its asker can take. */
const EXTENDED = { additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1_232, flags: 0, options: [] }] } as unknown as Packet;

let scope: Scope;
let clock: ManualClock;
let upstreams: Upstream[];
let resolver: Resolver;
let port: number;

beforeEach(async () => {
  scope = new Scope('dns');
  clock = new ManualClock();
  upstreams = [];
  resolver = scope.use(new Resolver({ clock, random: seededRandom(1), directory, domain: 'cluster.local', upstreams: () => upstreams }));
  const server = new DnsServer(resolver, silentLog, '127.0.0.1');
  port = await server.listen({ address: '127.0.0.1', port: 0 });
  scope.use(server);
});
afterEach(() => scope.close());

/** An ordinary resolver library, pointed at the server. */
function asker(): Asker {
  const made = new Asker({ timeout: 5_000, tries: 1 });
  made.setServers([`127.0.0.1:${port}`]);
  return made;
}

const question = (name: string, type: RecordType = 'A', more: Packet = {}): Buffer =>
  encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ name, type }], ...more });

async function ask(name: string, type: RecordType = 'A', more: Packet = {}): Promise<DecodedPacket & { rcode?: string }> {
  return decode((await resolver.resolve(question(name, type, more), 'datagram'))!);
}

const dataOf = (answers: readonly Answer[] | undefined) =>
  (answers ?? []).map((answer) => `${answer.type} ${answer.name} ${JSON.stringify((answer as { data?: unknown }).data)}`);

/** A server outside, which knows these answers and counts what it is asked. */
async function outside(answersFor: (name: string) => Packet): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const reply = (message: Buffer): Buffer => {
    const { id, questions = [] } = decode(message);
    asked.push(questions[0]!.name);
    return encode({ type: 'response', id: id!, questions, ...answersFor(questions[0]!.name) });
  };
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(reply(message), from.port, from.address));
  // One that nobody else has: the port that is free for datagrams must be free for streams too.
  const address = freshAddress();
  socket.bind(0, address);
  await once(socket, 'listening');
  const at = socket.address().port;
  const streams = createServer((stream) =>
    stream.on('data', (part: Buffer) => {
      const { id, questions = [] } = decode(part.subarray(2));
      const whole = encode({
        type: 'response',
        id: id!,
        questions,
        answers: [{ type: 'TXT', name: questions[0]!.name, ttl: 60, data: 'x'.repeat(2_000).match(/.{200}/g)! }],
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(whole.length);
      stream.end(Buffer.concat([length, whole]));
    }),
  );
  streams.listen(at, address);
  await once(streams, 'listening');
  scope.defer(() => void streams.close());
  scope.defer(() => void socket.close());
  upstreams.push({ address, port: at });
  return { asked };
}

describe('to a client of the system', () => {
  test('addresses, services with ports, and names', async () => {
    const system = asker();
    await expect(system.resolve4('web.shop.svc.cluster.local')).resolves.toEqual(['10.96.0.20']);
    await expect(system.resolve4('WEB.Shop.svc.cluster.LOCAL')).resolves.toEqual(['10.96.0.20']);
    await expect(system.resolve6('dual.shop.svc.cluster.local')).resolves.toEqual(['fd00::21']);
    await expect(system.resolveSrv('_http._tcp.web.shop.svc.cluster.local')).resolves.toMatchObject([
      { name: 'web.shop.svc.cluster.local', port: 80, priority: 0, weight: 100 },
    ]);
    await expect(system.reverse('10.244.0.5')).resolves.toEqual(['db-0.db.shop.svc.cluster.local']);
  });

  test('no such name, and no such record', async () => {
    await expect(asker().resolve4('none.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(asker().resolve6('web.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  test('too many addresses for a datagram come over a stream', async () => {
    const answer = await ask('many.shop.svc.cluster.local');
    expect(answer.flag_tc).toBe(true);
    // As many as 512 bytes hold, for those who do not come again.
    expect(answer.answers).toHaveLength(10);
    expect((await ask('many.shop.svc.cluster.local', 'A', EXTENDED)).answers).toHaveLength(27);
    await expect(asker().resolve4('many.shop.svc.cluster.local')).resolves.toHaveLength(200);
  });
});

describe('an answer', () => {
  test('carries the addresses of the services that it names', async () => {
    const { answers, additionals } = await ask('_sql._tcp.db.shop.svc.cluster.local', 'SRV');
    expect(answers?.map((answer) => answer.type === 'SRV' && answer.data.weight)).toEqual([50, 50]);
    expect(dataOf(additionals)).toEqual([
      'A db-0.db.shop.svc.cluster.local "10.244.0.5"',
      'A 10-244-0-6.db.shop.svc.cluster.local "10.244.0.6"',
    ]);
  });

  test('is authoritative, short-lived, and says where denials come from', async () => {
    expect(await ask('web.shop.svc.cluster.local')).toMatchObject({ flag_aa: true, rcode: 'NOERROR', answers: [{ ttl: 5 }] });
    expect(await ask('none.shop.svc.cluster.local')).toMatchObject({
      rcode: 'NXDOMAIN',
      authorities: [{ type: 'SOA', name: 'cluster.local', ttl: 5 }],
    });
    expect(await ask('shop.svc.cluster.local')).toMatchObject({ rcode: 'NOERROR', authorities: [{ type: 'SOA' }] });
  });

  test('of another name comes with what that stands for, inside and outside', async () => {
    await outside((name) => ({ answers: [{ type: 'A', name, ttl: 60, data: '93.184.216.34' }] }));
    expect(dataOf((await ask('alias.shop.svc.cluster.local')).answers)).toEqual([
      'CNAME alias.shop.svc.cluster.local "web.shop.svc.cluster.local"',
      'A web.shop.svc.cluster.local "10.96.0.20"',
    ]);
    expect(dataOf((await ask('outside.shop.svc.cluster.local')).answers)).toEqual([
      'CNAME outside.shop.svc.cluster.local "example.com"',
      'A example.com "93.184.216.34"',
    ]);
  });

  test('of a name of a name comes with all of them, and a circle ends', async () => {
    expect(dataOf((await ask('other.shop.svc.cluster.local')).answers)).toEqual([
      'CNAME other.shop.svc.cluster.local "alias.shop.svc.cluster.local"',
      'CNAME alias.shop.svc.cluster.local "web.shop.svc.cluster.local"',
      'A web.shop.svc.cluster.local "10.96.0.20"',
    ]);
    expect((await ask('circle.shop.svc.cluster.local')).answers!.length).toBeLessThan(12);
  });

  test('to the authority of the domain, and to its server', async () => {
    expect((await ask('cluster.local', 'SOA')).answers).toMatchObject([{ type: 'SOA', name: 'cluster.local' }]);
    const { answers, additionals } = await ask('cluster.local', 'NS');
    expect(dataOf(answers)).toEqual(['NS cluster.local "kube-dns.kube-system.svc.cluster.local"']);
    expect(dataOf(additionals)).toEqual(['A kube-dns.kube-system.svc.cluster.local "10.96.0.10"']);
  });

  test('tells for eight hours by which rules names are made', async () => {
    expect((await ask('dns-version.cluster.local', 'TXT')).answers).toMatchObject([{ type: 'TXT', ttl: 28_800 }]);
  });

  test('begins with another address each time, so that those who take the first one spread', async () => {
    const asked = await Promise.all(Array.from({ length: 40 }, () => ask('db.shop.svc.cluster.local')));
    const first = Object.groupBy(asked, ({ answers }) => dataOf(answers)[0]!.replace(/.* /, ''));
    expect(Object.keys(first).toSorted()).toEqual(['"10.244.0.5"', '"10.244.0.6"']);
    for (const { answers } of asked) expect(answers).toHaveLength(2);
  });

  test.each(['web.shop.svc.cluster.local', 'none.shop.svc.cluster.local', 'many.shop.svc.cluster.local', 'nobody.answers'])(
    'for %s is extended for who asks so, and only for them',
    async (of) => {
      expect((await ask(of, 'A', EXTENDED)).additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
      expect((await ask(of)).additionals).toEqual([]);
    },
  );
});

describe('a name outside', () => {
  test('kept for one asker is for another as that one asks: in its letters, extended or not', async () => {
    const { asked } = await outside((of) => ({ answers: [{ type: 'A', name: of, ttl: 60, data: '1.2.3.4' }] }));
    await ask('example.com');
    expect(await ask('EXample.com', 'A', EXTENDED)).toMatchObject({
      questions: [{ name: 'EXample.com' }],
      answers: [{ data: '1.2.3.4' }],
      additionals: [{ type: 'OPT' }],
    });
    expect(asked).toHaveLength(1);
  });

  test('kept begins with another address each time, after the names that lead there', async () => {
    const addresses = ['1.2.3.4', '1.2.3.5'].map((data) => ({ type: 'A' as const, name: 'www.com', ttl: 60, data }));
    await outside((of) => ({ answers: [{ type: 'CNAME', name: of, ttl: 60, data: 'www.com' }, ...addresses] }));
    const asked = [];
    for (let i = 0; i < 40; i++) asked.push(dataOf((await ask('example.com')).answers).map((each) => each.replace(/.* /, '')));
    expect([...new Set(asked.map(String))].toSorted()).toEqual(['"www.com","1.2.3.4","1.2.3.5"', '"www.com","1.2.3.5","1.2.3.4"']);
  });

  test('with proofs is another question', async () => {
    const { asked } = await outside((of) => ({ answers: [{ type: 'A', name: of, ttl: 60, data: '1.2.3.4' }] }));
    const proven = { additionals: [{ ...EXTENDED.additionals![0]!, flags: 0x8000 }] } as unknown as Packet;
    for (const more of [{}, proven, proven]) await ask('example.com', 'A', more);
    expect(asked).toHaveLength(2);
  });

  test('is asked for once while its answer lives, and its age shows', async () => {
    const { asked } = await outside((name) => ({ answers: [{ type: 'A', name, ttl: 60, data: '1.2.3.4' }] }));
    expect(await ask('example.com')).toMatchObject({ id: 7, answers: [{ ttl: 60 }] });
    await clock.advance(20_000);
    expect(await ask('example.com')).toMatchObject({ id: 7, answers: [{ ttl: 40, data: '1.2.3.4' }] });
    expect(asked).toEqual(['example.com']);
    await clock.advance(40_000);
    await ask('example.com');
    expect(asked).toHaveLength(2);
  });

  test('that there is none is kept as long as its zone says', async () => {
    const data = { mname: 'ns', rname: 'me', minimum: 30 };
    const { asked } = await outside(() => ({ flags: 3, authorities: [{ type: 'SOA', name: 'com', ttl: 900, data }] }));
    expect((await ask('nothing.com')).rcode).toBe('NXDOMAIN');
    await clock.advance(29_000);
    expect((await ask('nothing.com')).rcode).toBe('NXDOMAIN');
    expect(asked).toHaveLength(1);
  });

  test('whose answer is cut is asked for over a stream', async () => {
    await outside(() => ({ flags: 0x0200 }));
    const answer = decode((await resolver.resolve(question('long.com', 'TXT'), 'stream'))!);
    expect(answer.answers?.[0]).toMatchObject({ type: 'TXT' });
  });

  test('a failure of the server outside is passed on, and not kept', async () => {
    const { asked } = await outside(() => ({ flags: 2 }));
    expect((await ask('broken.com')).rcode).toBe('SERVFAIL');
    await ask('broken.com');
    expect(asked).toHaveLength(2);
  });

  test('with nobody to ask fails at once: with the question, or the asker would wait on', async () => {
    expect(await ask('example.com')).toMatchObject({ rcode: 'SERVFAIL', questions: [{ name: 'example.com' }] });
  });

  test('with somebody silent first: the next one is asked', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    scope.defer(() => void silent.close());
    upstreams.push({ address: '127.0.0.1', port: silent.address().port });
    await outside((name) => ({ answers: [{ type: 'A', name, ttl: 60, data: '1.2.3.4' }] }));
    const heard = once(silent, 'message');
    const answer = ask('example.com');
    await heard;
    await clock.advance(2_000);
    expect(dataOf((await answer).answers)).toEqual(['A example.com "1.2.3.4"']);
  });
});

describe('what is no question', () => {
  test('an answer gets no answer, nor does noise', async () => {
    await expect(resolver.resolve(encode({ type: 'response', id: 1 }), 'datagram')).resolves.toBeUndefined();
    await expect(resolver.resolve(Buffer.from('x'), 'datagram')).resolves.toBeUndefined();
  });

  test('a malformed question and an unknown request are refused', async () => {
    const broken = question('web.shop.svc.cluster.local').subarray(0, 20);
    expect(decode((await resolver.resolve(broken, 'datagram'))!)).toMatchObject({ id: 7, rcode: 'FORMERR' });
    const update = question('web.shop.svc.cluster.local', 'A', { flags: 5 << 11 });
    expect(decode((await resolver.resolve(update, 'datagram'))!)).toMatchObject({ id: 7, rcode: 'NOTIMP' });
  });
});
