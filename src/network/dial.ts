import { connect, type Socket } from 'node:net';
import type { Clock } from '../base/index.ts';
import type { Target } from './routes.ts';

/** Takes the bytes that arrive, in a buffer that is filled again afterwards; false when no more may come for now. */
export type Taker = (bytes: Buffer) => boolean;

/** A connection whose bytes go to whoever takes them, past the stream: half the way of a relayed answer. */
export interface Dialled {
  readonly socket: Socket;
  /** Nothing is read until somebody takes it. */
  take(taker: Taker): void;
}

/** For all connections: what is read is taken before the next one reads. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** An endpoint that neither takes nor refuses: its backlog is full, or it is on a network that drops. */
const CONNECT_TIMEOUT = 5_000;

/** Rejects when the endpoint does not take the connection. */
export function dial({ address, port }: Target, clock: Clock, made: (socket: Socket) => void): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    let taker: Taker | undefined;
    const onread = { buffer: BUFFER, callback: (count: number) => taker!(BUFFER.subarray(0, count)) };
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true, onread });
    socket.pause();
    const take = (by: Taker) => {
      taker = by;
      socket.resume();
    };
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
      resolve({ socket, take });
    });
  });
}
