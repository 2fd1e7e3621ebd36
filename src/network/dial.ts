import { connect, type Socket } from 'node:net';
import type { Clock } from '../base/index.ts';
import type { Target } from './routes.ts';

/** An endpoint that neither takes nor refuses: its backlog is full, or it is on a network that drops. */
const CONNECT_TIMEOUT = 5_000;

/** Rejects when the endpoint does not take the connection. */
export function dial({ address, port }: Target, clock: Clock, made: (socket: Socket) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    made(socket);
    const timer = clock.after(CONNECT_TIMEOUT, () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT} ms`)));
    const failed = (error?: Error) => {
      timer.cancel();
      reject(error ?? new Error('closed before it was connected'));
    };
    socket.once('error', failed);
    socket.once('close', failed);
    socket.once('connect', () => {
      timer.cancel();
      socket.off('error', failed);
      socket.off('close', failed);
      resolve(socket);
    });
  });
}
