import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { http } from '../../base/index.ts';
import type { Backend } from './backend.ts';
import type { Answer } from './message.ts';
import { receive } from './receive.ts';
import { refusal, serve } from './serve.ts';

/** A connection that is to become a stream: the same door, rules and refusals as any request. */
export async function upgrade(backend: Backend, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => {});
  const asked = receive(request, backend.bodies.share());
  try {
    await backend.load.enter('lasting');
  } catch (error) {
    return refuse(await refusal(backend, asked, error), socket);
  }
  if (socket.destroyed) return backend.load.leave('lasting');
  socket.once('close', () => backend.load.leave('lasting'));
  const answer = await serve(backend, asked);
  if (socket.destroyed) return;
  if (answer.upgrade) answer.upgrade(request, socket, head);
  else refuse(answer, socket);
}

/** The server lets go of a connection that asks to be upgraded, so the answer is written by hand. */
function refuse({ code, type, body }: Answer, socket: Duplex): void {
  const text = body.kind === 'text' ? body.text : '';
  const lines = [
    `HTTP/1.1 ${code} ${http.STATUS_CODES[code] ?? ''}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
}
