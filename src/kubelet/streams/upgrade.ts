import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { messageOf } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import type { Runtime, Sandbox } from '../runtime.ts';
import { CHANNEL_PROTOCOLS, Channels, exitStatus, failure, SUCCESS } from './channels.ts';
import { forwardPorts, FORWARD_PROTOCOL, type Dial } from './portforward.ts';

export interface StreamParts {
  readonly runtime: Runtime;
  readonly pod: (namespace: string, name: string) => Pod | undefined;
}

export type Upgrade = (url: URL, request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The paths below which a kubelet takes a connection over: exec, attach and portForward. */
export function upgradeHandler(parts: StreamParts): Upgrade {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => CHANNEL_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  // Its name has a slash, which no WebSocket library takes for a protocol: it is answered by hand.
  const forwards = new WebSocketServer({ noServer: true });
  forwards.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${FORWARD_PROTOCOL}`));
  return (url, request, socket, head) => {
    const [root, namespace = '', podName = '', container = ''] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const pod = parts.pod(namespace, podName);
    if (!pod) return refuse(socket, 404, `pod ${namespace}/${podName} does not exist on this node`);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      return refuse(socket, 400, 'only WebSocket connections are taken: use kubectl 1.31 or newer');
    const offered = request.headers['sec-websocket-protocol'] ?? '';
    if (root === 'portForward') {
      if (!offered.includes(FORWARD_PROTOCOL)) return refuse(socket, 400, `port-forward is spoken as ${FORWARD_PROTOCOL} only`);
      delete request.headers['sec-websocket-protocol'];
      return forwards.handleUpgrade(request, socket, head, (client) => void forward(parts.runtime, pod, client));
    }
    if (!CHANNEL_PROTOCOLS.some((protocol) => offered.includes(protocol)))
      return refuse(socket, 400, `none of the protocols is spoken that were offered: ${offered || 'none'}`);
    sockets.handleUpgrade(
      request,
      socket,
      head,
      (client) => void run(parts.runtime, pod, container, root === 'attach', url.searchParams, client),
    );
  };
}

async function run(
  runtime: Runtime,
  pod: Pod,
  container: string,
  isAttach: boolean,
  query: URLSearchParams,
  client: WebSocket,
): Promise<void> {
  const channels = new Channels(client);
  try {
    const id = await runningContainer(runtime, pod, container);
    const flag = (name: string) => ['true', '1'].includes(query.get(name) ?? '');
    const streams = channels.streams({ stdin: flag('stdin'), tty: flag('tty') });
    if (isAttach && runtime.attach) {
      await runtime.attach(id, streams, channels.signal);
      await channels.finish(SUCCESS);
    } else if (isAttach) {
      if (streams.stdin)
        void runtime
          .feed(id, channels.input, channels.signal)
          .catch((error: unknown) => streams.stderr(Buffer.from(`${messageOf(error)}\n`)));
      for await (const chunk of runtime.logs(id, { follow: true, ...(flag('tty') ? {} : { tailLines: 0 }) }, channels.signal))
        await streams.stdout(chunk);
      await channels.finish(SUCCESS);
    } else {
      await channels.finish(exitStatus(await runtime.exec(id, query.getAll('command'), streams, channels.signal)));
    }
  } catch (error) {
    if (!channels.signal.aborted) await channels.finish(failure(messageOf(error)));
  }
}

async function runningContainer(runtime: Runtime, { metadata }: Pod, name: string): Promise<string> {
  const [found] = await runtime.list(metadata.uid ?? '');
  const running = found?.containers.find((each) => each.name === name && each.state.kind === 'running');
  if (!running) throw new Error(`unable to upgrade connection: container not found ("${name}")`);
  return running.id;
}

async function forward(runtime: Runtime, { metadata }: Pod, client: WebSocket): Promise<void> {
  const [found] = await runtime.list(metadata.uid ?? '');
  if (found && runtime.features.network) forwardPorts(client, dialer(runtime, found.sandbox));
  else client.close(1011, 'the pod has no network that can be reached');
}

function dialer(runtime: Runtime, { podUid, ip }: Sandbox): Dial {
  return (port) => runtime.dial?.(podUid, port) ?? connect({ host: ip, port, allowHalfOpen: true });
}

function refuse(socket: Duplex, code: number, message: string): void {
  const phrase = code === 404 ? 'Not Found' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${code} ${phrase}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\nConnection: close\r\n\r\n${message}`,
  );
}
