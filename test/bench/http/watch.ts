import type { ClientHttp2Session } from 'node:http2';
import { request } from 'node:https';
import { openSession } from './server.ts';
import { Wire, type SecureClientOptions } from './wire.ts';

export interface WatchLoad {
  readonly tls: SecureClientOptions;
  readonly watches: number;
  readonly changesPerSecond: number;
  readonly seconds: number;
  readonly protocol: 'h1' | 'h2';
  readonly accept?: string;
}

const PATH = '/api/v1/namespaces/default/configmaps';
const WATCHES_PER_SESSION = 50;
/** Made for each watch: takes what arrives, cut anywhere. */
type Listener = () => (text: string) => void;

/** Says in each object when its change was sent. */
const SENT = /sent-(\d+\.\d+)-/g;

/** How long after a change was sent each watcher heard of it, sorted. */
export async function watchDelays(load: WatchLoad): Promise<readonly number[]> {
  const { tls, watches, changesPerSecond, seconds } = load;
  const delays: number[] = [];
  const total = changesPerSecond * seconds;
  const allHeard = Promise.withResolvers<void>();
  const hear = () => {
    let rest = '';
    return (text: string) => {
      const now = performance.now();
      const end = text.lastIndexOf('\n');
      for (const [, sent] of (end < 0 ? '' : rest + text.slice(0, end)).matchAll(SENT)) {
        if (delays.push(now - Number(sent)) === total * watches) allHeard.resolve();
      }
      rest = end < 0 ? rest + text : text.slice(end + 1);
    };
  };
  const close = await openWatches(load, hear);
  const wire = await Wire.open(tls);
  const began = performance.now();
  for (let n = 0; n < total; n++) {
    const due = began + (n * 1000) / changesPerSecond;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    const name = `watched-${Math.floor(began)}-${n}`;
    const annotations = { at: `sent-${performance.now().toFixed(3)}-` };
    const body = JSON.stringify({ metadata: { name, annotations }, data: { text: 'x'.repeat(500) } });
    const code = await wire.send('POST', PATH, body);
    if (code !== 201) throw new Error(`a create was answered with ${code}`);
  }
  await allHeard.promise;
  wire.close();
  close();
  return delays.toSorted((a, b) => a - b);
}

async function openWatches(load: WatchLoad, hear: Listener): Promise<() => void> {
  const path = `${PATH}?watch=true&resourceVersion=${await present(load.tls)}`;
  return load.protocol === 'h2' ? overHttp2(load, path, hear) : overHttp1(load, path, hear);
}

async function overHttp2({ tls, watches, accept }: WatchLoad, path: string, hear: Listener): Promise<() => void> {
  const sessions: ClientHttp2Session[] = [];
  for (let i = 0; i < watches; i++) {
    if (i % WATCHES_PER_SESSION === 0) sessions.push(openSession(tls));
    const stream = sessions.at(-1)!.request({ ':path': path, ...(accept ? { accept } : {}) });
    await new Promise((resolve) => stream.once('response', resolve));
    stream
      .setEncoding('latin1')
      .on('data', hear())
      .on('error', () => {});
  }
  return () => {
    for (const session of sessions) session.destroy();
  };
}

async function overHttp1({ tls, watches, accept }: WatchLoad, path: string, hear: Listener): Promise<() => void> {
  const open: { destroy(): void }[] = [];
  for (let i = 0; i < watches; i++) {
    await new Promise<void>((resolve, reject) => {
      const asking = request({ ...tls, path, agent: false, headers: accept ? { accept } : {} }, (response) => {
        response
          .setEncoding('latin1')
          .on('data', hear())
          .on('error', () => {});
        resolve();
      });
      asking.on('error', reject).end();
      open.push(asking);
    });
  }
  return () => {
    for (const asking of open) asking.destroy();
  };
}

function present(tls: SecureClientOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ ...tls, path: `${PATH}?limit=1`, agent: false }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve((JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
    })
      .on('error', reject)
      .end();
  });
}
