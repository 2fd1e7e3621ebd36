import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, type Millis, type Timer } from '../../src/base/index.ts';
import type { Probe } from '../../src/model/index.ts';
import { simulatedRuntime, type ExecStreams, type Runtime } from '../../src/kubelet/index.ts';
import { Beat } from '../../src/kubelet/probes/beat.ts';
import { check } from '../../src/kubelet/probes/check.ts';
import { Prober } from '../../src/kubelet/probes/prober.ts';
import { tally, UNTOLD } from '../../src/kubelet/probes/tally.ts';
import { container, PROCESS } from './samples.ts';

describe('a threshold', () => {
  const run = (probe: Probe, outcomes: string) => [...outcomes].reduce((before, each) => tally(before, each === '+', probe), UNTOLD).result;

  test.each<[Probe, string, boolean | undefined]>([
    [{}, '', undefined],
    [{}, '+', true],
    [{}, '--', undefined],
    [{}, '---', false],
    [{}, '+--', true],
    [{}, '+---', false],
    [{}, '+--+--', true],
    [{ successThreshold: 2 }, '+', undefined],
    [{ successThreshold: 2 }, '++', true],
    [{ successThreshold: 2 }, '---+', false],
    [{ failureThreshold: 1 }, '+-', false],
  ])('%j after %s gives %s', (probe, outcomes, result) => {
    expect(run(probe, outcomes)).toBe(result);
  });
});

describe('a question', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/slow') return;
      const [, to] = /^\/to\?(.*)/.exec(request.url ?? '') ?? [];
      if (to) response.setHeader('Location', to);
      if (to) return void response.writeHead(302).end('elsewhere');
      response.statusCode = Number(request.url?.slice(1)) || (request.headers['user-agent'] === 'kube-probe/1.36' ? 200 : 400);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const runtime = (exec: Runtime['exec'] = async () => 0) =>
    Object.assign(simulatedRuntime({ clock: new ManualClock(), random: seededRandom(1) }), { exec });
  const ask = (probe: Probe, of = runtime(), timeoutMs = 5000) =>
    check(
      probe,
      { id: 'x', ip: '127.0.0.1', container: container('web', { ports: [{ name: 'http', containerPort: port }] }) },
      of,
      AbortSignal.timeout(timeoutMs),
    );

  test.each<[string, () => Probe, string]>([
    ['200', () => ({ httpGet: { port, path: '/' } }), ''],
    ['a redirect', () => ({ httpGet: { port, path: '/to?/200' } }), ''],
    ['a redirect to a failure', () => ({ httpGet: { port, path: '/to?/404' } }), 'HTTP probe failed with statuscode: 404'],
    ['a named port', () => ({ httpGet: { port: 'http' } }), ''],
    ['404', () => ({ httpGet: { port, path: '/404' } }), 'HTTP probe failed with statuscode: 404'],
    ['500', () => ({ httpGet: { port, path: '500' } }), 'HTTP probe failed with statuscode: 500'],
    ['a port that is not named', () => ({ httpGet: { port: 'moon' } }), `couldn't find port: "moon" in container web`],
    ['nobody', () => ({ httpGet: { port: 1, path: '/' } }), 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused'],
    ['an open port', () => ({ tcpSocket: { port } }), ''],
    ['a closed port', () => ({ tcpSocket: { port: 1 } }), 'dial tcp 127.0.0.1:1: connect: connection refused'],
  ])('that meets %s', async (_name, probe, message) => {
    expect(await ask(probe())).toEqual({ ok: message === '', message });
  });

  test.each([
    ['nowhere', '/302', ''],
    ['to another host', '/to?http://127.0.0.2:1/', 'elsewhere'],
  ])('that is sent %s is answered, with a warning', async (_, path, body) => {
    expect(await ask({ httpGet: { port, path } })).toEqual({ ok: true, message: `Probe terminated redirects, Response body: ${body}` });
  });

  test('that is sent round in circles has failed', async () => {
    const [first, second] = ['/to?/to?/200', `/to?http://127.0.0.1:${port}/to?/404`];
    expect((await ask({ httpGet: { port, path: first } })).ok).toBe(true);
    expect((await ask({ httpGet: { port, path: second } })).message).toBe('HTTP probe failed with statuscode: 404');
    const circle = createServer((_, response) => response.writeHead(301, { Location: '/again' }).end());
    await new Promise<void>((resolve) => circle.listen(0, '127.0.0.1', resolve));
    const at = (circle.address() as AddressInfo).port;
    expect(await ask({ httpGet: { port: at, path: '/' } })).toEqual({
      ok: false,
      message: `Get "http://127.0.0.1:${at}/again": stopped after 10 redirects`,
    });
    circle.close();
  });

  test('that is not answered in time has failed', async () => {
    expect(await ask({ httpGet: { port, path: '/slow' } }, runtime(), 30)).toEqual({
      ok: false,
      message: `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
  });

  describe('of gRPC health', () => {
    let health: Http2Server;
    const answers: Record<string, { code?: string; state?: number }> = {
      '': { state: 1 },
      low: { state: 2 },
      gone: { code: '5' },
      other: { code: '12' },
    };

    beforeAll(async () => {
      health = createHttp2Server().on('stream', (call) => {
        const pieces: Buffer[] = [];
        call.on('data', (piece: Buffer) => pieces.push(piece));
        call.on('end', () => {
          const service = Buffer.concat(pieces).toString('utf8', 7);
          if (service === 'mute') return;
          const { code = '0', state } = answers[service]!;
          call.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
          call.on('wantTrailers', () => call.sendTrailers({ 'grpc-status': code, 'grpc-message': 'unknown service' }));
          call.end(state === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 0x08, state]));
        });
      });
      await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => new Promise<void>((resolve) => void health.close(() => resolve())));

    test.each([
      ['that serves', '', ''],
      ['that does not', 'low', 'service unhealthy (responded with "NOT_SERVING")'],
      ['that does not know the service', 'gone', 'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service'],
      [
        'that knows no health',
        'other',
        'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service',
      ],
    ])('meets a server %s', async (_, service, message) => {
      const { port } = health.address() as AddressInfo;
      expect(await ask({ grpc: { port, service } })).toEqual({ ok: message === '', message });
    });

    test('meets nobody', async () => {
      const message = 'timeout: failed to connect service "127.0.0.1:1" within 1s: context deadline exceeded';
      expect(await ask({ grpc: { port: 1 } })).toEqual({ ok: false, message });
    });

    test('is not answered in time', async () => {
      const { port } = health.address() as AddressInfo;
      const message = 'timeout: health rpc did not complete within 1s';
      expect(await ask({ grpc: { port, service: 'mute' } }, runtime(), 200)).toEqual({ ok: false, message });
    });
  });

  test('to a command is answered by its exit code, and a failure by what it says', async () => {
    const says = (code: number) => async (_id: string, _command: readonly string[], output: ExecStreams) => {
      output.stderr(Buffer.from('no '));
      output.stdout(Buffer.from('way'));
      return code;
    };
    expect(await ask({ exec: { command: ['x'] } }, runtime(says(0)))).toEqual({ ok: true, message: '' });
    expect(await ask({ exec: { command: ['x'] } }, runtime(says(1)))).toEqual({ ok: false, message: 'no way' });
    const hangs = (_id: string, _command: readonly string[], _output: ExecStreams, signal: AbortSignal) =>
      new Promise<number>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    expect(await ask({ exec: { command: ['x', '-y'] }, timeoutSeconds: 3 }, runtime(hangs), 30)).toEqual({
      ok: false,
      message: 'command timed out: "x -y" timed out after 3s',
    });
  });
});

describe('questions that come again', () => {
  const stage = () => {
    const clock = new ManualClock();
    const start = clock.now();
    const waiting = new Set<Timer>();
    const after = (ms: Millis, fire: () => void): Timer => {
      const timer = clock.after(ms, fire);
      waiting.add(timer);
      return { cancel: () => void (waiting.delete(timer) && timer.cancel()) };
    };
    const beat = new Beat({ now: () => clock.now(), sleep: (ms) => clock.sleep(ms), after });
    const asked: string[] = [];
    const again = (name: string, period = 10_000) => beat.after(period, clock.now(), () => asked.push(`${name} ${clock.now() - start}`));
    return { clock, asked, again, waiting };
  };

  test('and are due at about the same time are asked together, none of them late', async () => {
    const { clock, asked, again } = stage();
    again('a');
    await clock.advance(1300);
    again('b');
    await clock.advance(600);
    again('c');
    again('often', 1000);
    await clock.advance(20_000);
    expect(asked).toEqual(['often 2900', 'a 10000', 'b 11000', 'c 11000']);
  });

  test('do not all come in one instant where they are many', async () => {
    const { clock, asked, again } = stage();
    for (let n = 0; n < 45; n++) again('many');
    await clock.advance(20_000);
    const times = Map.groupBy(asked, (each) => each);
    expect([...times].map(([time, { length }]) => `${time}: ${length}`)).toEqual(['many 10000: 20', 'many 10005: 20', 'many 10010: 5']);
  });

  test('leave no timer behind once nobody wants an answer', async () => {
    const { clock, asked, again, waiting } = stage();
    const all = [again('a'), again('b')];
    expect(waiting.size).toBe(1);
    for (const each of all) each.cancel();
    expect(waiting.size).toBe(0);
    await clock.advance(20_000);
    expect(asked).toEqual([]);
  });
});

describe('the prober', () => {
  /** A runtime whose commands answer as the list says, the last one for ever. */
  function stage(probes: { startupProbe?: Probe; readinessProbe?: Probe; livenessProbe?: Probe }, answers: Record<string, string>) {
    const clock = new ManualClock();
    const asked: string[] = [];
    const left = new Map(Object.entries(answers).map(([name, text]) => [name, [...text]]));
    const exec = async (_id: string, [name = '']: readonly string[], _: ExecStreams, signal: AbortSignal) => {
      asked.push(`${name} ${clock.now() - start}`);
      if (left.get(name)![0] === '.')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      const list = left.get(name)!;
      return (list.length > 1 ? list.shift() : list[0]) === '+' ? 0 : 1;
    };
    const start = clock.now();
    const runtime = Object.assign(simulatedRuntime({ clock, random: seededRandom(1) }), { exec, features: PROCESS });
    const told: string[] = [];
    const prober = new Prober({
      clock,
      random: seededRandom(1),
      runtime,
      changed: () => told.push(`${JSON.stringify(prober.results('x'))} ${clock.now() - start}`),
      failed: (_container, kind) => told.push(`${kind} failed ${clock.now() - start}`),
      warned: (_container, kind) => told.push(`${kind} warned ${clock.now() - start}`),
    });
    prober.follow({ id: 'x', podUid: 'u', ip: '10.0.0.1', startedAt: start, container: container('web', probes) });
    return { clock, asked, told, prober };
  }
  const probe = (name: string, rest: Probe = {}): Probe => ({ exec: { command: [name] }, ...rest });

  test('asks eagerly until the first success, then once a period, and tells only of changes', async () => {
    const { clock, asked, told } = stage({ readinessProbe: probe('r', { periodSeconds: 1 }) }, { r: '---++' });
    await clock.advance(3000);
    expect(asked).toEqual(['r 0', 'r 40', 'r 120', 'r 280', 'r 1200', 'r 2200']);
    expect(told).toEqual(['{"readiness":true} 280']);
  });

  test('readiness is lost after as many failures as are allowed', async () => {
    const { clock, told } = stage({ readinessProbe: probe('r', { periodSeconds: 1, failureThreshold: 2 }) }, { r: '+-' });
    await clock.advance(2500);
    expect(told).toEqual(['{"readiness":true} 0', 'readiness failed 1000', 'readiness failed 2000', '{"readiness":false} 2000']);
  });

  test('liveness begins after its delay and counts every failure', async () => {
    const { clock, told } = stage(
      { livenessProbe: probe('l', { periodSeconds: 2, initialDelaySeconds: 5, failureThreshold: 2 }) },
      { l: '-' },
    );
    await clock.advance(7500);
    expect(told).toEqual(['liveness failed 5000', 'liveness failed 7000', '{"liveness":false} 7000']);
  });

  test('the startup probe holds back the others', async () => {
    const { clock, asked } = stage(
      { startupProbe: probe('s', { periodSeconds: 1 }), livenessProbe: probe('l', { periodSeconds: 1 }) },
      { s: '--+', l: '+' },
    );
    await clock.advance(1200);
    expect(asked).toEqual(['s 0', 's 40', 's 120', 'l 120', 'l 1100']);
  });

  test('a startup probe that never passes fails after its threshold', async () => {
    const { clock, told } = stage({ startupProbe: probe('s', { periodSeconds: 1, failureThreshold: 2 }) }, { s: '-' });
    await clock.advance(4000);
    expect(told.filter((text) => text.includes('false'))).toHaveLength(1);
  });

  test('what does not answer in time counts as failed within the first period, and no period is left out for it', async () => {
    const { clock, told } = stage({ startupProbe: probe('s', { periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 2 }) }, { s: '.' });
    await clock.advance(25_000);
    expect(told).toEqual(['startup failed 10000', 'startup failed 20000', '{"startup":false} 20000']);
  });

  test('asks no more once it has forgotten', async () => {
    const { clock, asked, prober } = stage({ readinessProbe: probe('r', { periodSeconds: 1 }) }, { r: '+' });
    await clock.advance(500);
    prober.forget('x');
    await clock.advance(10_000);
    expect(asked).toHaveLength(1);
    expect(prober.results('x')).toEqual({});
  });
});
