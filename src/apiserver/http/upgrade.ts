import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { http, messageOf } from '../../base/index.ts';
import type { Backend } from './backend.ts';
import type { Answer, Outlet } from './message.ts';
import { receive } from './receive.ts';
import { send } from './send.ts';
import { refusal, serve } from './serve.ts';
import { speak, webSocketOf } from './websocket.ts';

/** A connection that is to become a stream: the same door, rules and refusals as any request. */
export async function upgrade(backend: Backend, request: IncomingMessage, socket: Duplex, head: Buffer, live: Set<Outlet>): Promise<void> {
  socket.on('error', () => {});
  try {
    await take(backend, request, socket, head, live);
  } catch (error) {
    backend.log.error({ path: request.url, error: messageOf(error) }, 'answer failed');
    socket.destroy();
  }
}

async function take(backend: Backend, request: IncomingMessage, socket: Duplex, head: Buffer, live: Set<Outlet>): Promise<void> {
  const asked = receive(request, backend.bodies.share());
  try {
    await backend.load.enter('lasting');
  } catch (error) {
    return reply(await refusal(backend, asked, error), request, socket, live);
  }
  if (socket.destroyed) return backend.load.leave('lasting');
  socket.once('close', () => backend.load.leave('lasting'));
  const answer = await serve(backend, asked);
  const spoken = webSocketOf(request, answer);
  // What goes on is begun even for a client that has left: it learns of that, and ends.
  if (spoken) return speak(spoken, answer.type, request, socket, head, live);
  if (!answer.upgrade) return reply(answer, request, socket, live);
  if (!socket.destroyed) answer.upgrade(request, socket, head);
}

/** The server lets go of a connection that asks to be upgraded: who need not be is answered on it once, as anybody is. */
async function reply(answer: Answer, request: IncomingMessage, socket: Duplex, live: Set<Outlet>): Promise<void> {
  const response = new http.ServerResponse(request);
  response.shouldKeepAlive = false;
  response.on('error', () => {});
  response.once('finish', () => socket.end());
  response.assignSocket(socket as Socket);
  await send(answer, response, request.headers['accept-encoding']?.toString(), live);
}
