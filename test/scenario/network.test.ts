import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { silentLog } from '../../src/base/index.ts';
import { openNft } from '../../src/network/nftables/open.ts';
import { freePort } from '../network/sockets.ts';
import { selfSigned, type TlsFiles } from '../tools/certificate.ts';
import { deployment, ingress, services } from './network/manifests.ts';
import { kubectlPath, Sandbox } from './sandbox.ts';

const run = promisify(execFile);
const AUTOCANNON = new URL('../../node_modules/autocannon/autocannon.js', import.meta.url).pathname;
const tried = await openNft({ table: `slipway-try-${process.pid}`, log: silentLog });
if (tried.ok) await tried.plane.close();

interface Load {
  readonly errors: number;
  readonly non2xx: number;
  readonly '2xx': number;
}

async function load(url: string, seconds: number, host?: string): Promise<Load> {
  const headers = host ? ['-H', `host=${host}`] : [];
  const args = [AUTOCANNON, '--json', '-c', '16', '-R', '1000', '-d', String(seconds), ...headers, url];
  return JSON.parse((await run(process.execPath, args, { maxBuffer: 2 ** 26 })).stdout) as Load;
}

describe.skipIf(!kubectlPath).each(['userspace', ...(tried.ok ? ['nftables'] : [])])('Services by %s', (mode) => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;
  let tls: TlsFiles;
  let balancedPort: number;

  const apply = async (text: string) => {
    writeFileSync(join(sandbox.folder, 'apply.yaml'), text);
    await kubectl('apply', '-f', join(sandbox.folder, 'apply.yaml'));
  };
  const value = async (kind: string, name: string, path: string) => (await kubectl('get', kind, name, '-o', `jsonpath=${path}`)).trim();
  const clusterIP = (name: string) => value('service', name, '{.spec.clusterIP}');

  beforeAll(async () => {
    tls = await selfSigned('shop.localhost');
    balancedPort = await freePort('127.0.0.1');
    await sandbox.prepare();
    await sandbox.up('--proxy-mode', mode, '--ingress-http', '0', '--ingress-https', '0');
    await apply(deployment('one'));
    await apply(services(balancedPort));
    await apply(ingress(tls));
    await kubectl('rollout', 'status', 'deployment/echo', '--timeout=60s');
    await kubectl('wait', 'ingress/shop', '--for=jsonpath={.status.loadBalancer.ingress[0].ports[1].port}', '--timeout=30s');
  });
  afterAll(() => sandbox.close());

  const [http, https] = [0, 1].map(
    (i) => async () => Number(await value('ingress', 'shop', `{.status.loadBalancer.ingress[0].ports[${i}].port}`)),
  );

  /** `200 one /a`. */
  const ask = (url: string, host?: string) =>
    new Promise<string>((resolve, reject) => {
      const { protocol } = new URL(url);
      const options = { agent: false, lookup: undefined, ca: tls.cert, servername: host, headers: host ? { host } : {} };
      const answered = (response: IncomingMessage) => {
        let text = '';
        response.on('data', (part) => (text += String(part)));
        response.on('end', () => resolve(`${response.statusCode} ${response.headers.location ?? text}`));
      };
      (protocol === 'https:' ? getSecure(url, options, answered) : getPlain(url, options, answered)).on('error', reject);
    });

  test('the node and `slipway status` tell what carries them', async () => {
    const node = await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.annotations}');
    expect(JSON.parse(node)).toMatchObject({ 'slipway.dev/services': mode });
    expect((await sandbox.slipway('status', '--data-dir', sandbox.dataDir)).stdout).toContain(`Services by ${mode}; names by 127.`);
  });

  test('are reached at their cluster address, node port, balancer and external address', async () => {
    const nodePort = await value('service', 'by-node-port', '{.spec.ports[0].nodePort}');
    const places = [
      `${await clusterIP('echo')}:8080`,
      `127.0.0.1:${nodePort}`,
      `127.0.0.1:${balancedPort}`,
      `127.0.0.1:${balancedPort + 1}`,
    ];
    for (const place of places) expect([place, await ask(`http://${place}/x`)]).toEqual([place, '200 one /x']);
    expect(await value('service', 'balanced', '{.status.loadBalancer.ingress[0].ip}')).toBe('127.0.0.1');
  });

  test('are left alone by a second daemon, which is refused', async () => {
    const { code } = await sandbox.slipway('up', '--data-dir', sandbox.dataDir, '--runtime', 'process', '--listen', '127.0.0.1:0');
    expect(code).toBe(1);
    expect(await ask(`http://${await clusterIP('echo')}:8080/x`)).toBe('200 one /x');
  });

  test('repeat datagrams', async () => {
    const socket = createSocket('udp4');
    socket.connect(8080, await clusterIP('echo'));
    await once(socket, 'connect');
    const answer = once(socket, 'message');
    socket.send('hello');
    expect(String(((await answer) as [Buffer])[0])).toBe('one hello');
    socket.close();
  });

  test('have names', async () => {
    const place = await kubectl(
      'get',
      'service',
      'kube-dns',
      '-n',
      'kube-system',
      '-o',
      'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}',
    );
    const resolver = new Resolver();
    resolver.setServers([place.trim()]);
    const address = await clusterIP('echo');
    expect(await resolver.resolve4('echo.default.svc.cluster.local')).toEqual([address]);
    expect(await resolver.resolveCname('elsewhere.default.svc.cluster.local')).toEqual(['echo.default.svc.cluster.local']);
    expect(await resolver.reverse(address)).toEqual(['echo.default.svc.cluster.local']);
    const pods = (await kubectl('get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={.items[*].status.podIP}')).trim().split(' ');
    expect((await resolver.resolve4('pods.default.svc.cluster.local')).toSorted()).toEqual(pods.toSorted());
    expect(await resolver.resolveSrv('_http._tcp.echo.default.svc.cluster.local')).toMatchObject([{ port: 8080 }]);
    await expect(resolver.resolve4('nobody.default.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('are opened by name', async () => {
    const open = async (name: string) => (await sandbox.slipway('open', name, '--data-dir', sandbox.dataDir)).stdout.trim().split('\n');
    expect(await open('echo')).toEqual([`http://${await clusterIP('echo')}:8080/`, `${await clusterIP('echo')}:8080 (UDP)`]);
    expect(await open('balanced')).toEqual([`http://127.0.0.1:${balancedPort}/`]);
    const [plain, secure] = [await http!(), await https!()];
    expect(await open('ingress/shop')).toEqual([
      `https://shop.localhost:${secure}/a`,
      `https://shop.localhost:${secure}/b`,
      `http://plain.localhost:${plain}/`,
    ]);
  });

  test('an Ingress serves its hosts and paths, with TLS and its own certificate', async () => {
    const [plain, secure] = [`http://127.0.0.1:${await http!()}`, `https://127.0.0.1:${await https!()}`];
    expect(await ask(`${secure}/a/deep`, 'shop.localhost')).toBe('200 one /a/deep');
    expect(await ask(`${secure}/b`, 'shop.localhost')).toBe('200 one /b');
    expect(await ask(`${secure}/b/deep`, 'shop.localhost')).toBe('404 no Ingress has a rule for shop.localhost/b/deep\n');
    expect(await ask(`${plain}/anything`, 'plain.localhost')).toBe('200 one /anything');
    expect(await ask(`${plain}/a`, 'shop.localhost')).toBe(`308 https://shop.localhost:${await https!()}/a`);
    expect(await kubectl('get', '--raw', '/metrics')).toContain(
      'slipway_ingress_requests_total{namespace="default",ingress="shop",service="echo",code="200"}',
    );
  });

  test('lose no request while their pods are rolled, and a WebSocket goes on until its pod goes', { timeout: 90_000 }, async () => {
    const url = `ws://127.0.0.1:${await http!()}/`;
    const connect = async () => {
      const socket = new WebSocket(url, { headers: { host: 'plain.localhost' } });
      await once(socket, 'open');
      return socket;
    };
    const say = async (socket: WebSocket, text: string) => {
      const answer = once(socket, 'message');
      socket.send(text);
      return String(((await answer) as [Buffer])[0]);
    };
    const socket = await connect();
    expect(await say(socket, 'first')).toBe('one first');
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;

    const loads = Promise.all([
      load(`http://${await clusterIP('echo')}:8080/`, 12),
      load(`http://127.0.0.1:${await http!()}/`, 12, 'plain.localhost'),
    ]);
    await apply(deployment('two'));
    expect(await say(socket, 'still')).toBe('one still');
    await kubectl('rollout', 'status', 'deployment/echo', '--timeout=60s');
    expect((await closed)[0]).toBe(1001);
    const next = await connect();
    expect(await say(next, 'again')).toBe('two again');
    next.close();
    for (const { errors, non2xx, ...rest } of await loads) {
      expect({ errors, non2xx }).toEqual({ errors: 0, non2xx: 0 });
      expect(rest['2xx']).toBeGreaterThan(100);
    }
  });
});
