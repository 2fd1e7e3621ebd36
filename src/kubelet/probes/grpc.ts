import { connect } from 'node:http2';

/** The states of `grpc.health.v1.HealthCheckResponse`. */
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** gRPC's names for what a call comes to. */
export const GRPC_CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** Nobody who speaks HTTP/2 answered. */
export class UnreachedError extends Error {}

export interface GrpcHealth {
  readonly state: string;
  /** By its place in the list of codes. */
  readonly code: number;
  readonly message: string;
}

/** Asks a server of gRPC's health protocol how it is: one call, whose messages have one field each. */
export function askGrpcHealth(host: string, port: number, service: string, signal: AbortSignal): Promise<GrpcHealth> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${host}:${port}`);
    let isReached = false;
    session.once('remoteSettings', () => {
      isReached = true;
    });
    const failed = (error: Error) => {
      session.destroy();
      reject(isReached ? error : new UnreachedError(error.message));
    };
    session.once('error', failed);
    const stop = () => failed(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.36',
      te: 'trailers',
    });
    const pieces: Buffer[] = [];
    let ending: Readonly<Record<string, unknown>> = {};
    const take = (headers: Readonly<Record<string, unknown>>) => {
      if (headers['grpc-status'] !== undefined) ending = headers;
    };
    call.on('response', take).on('trailers', take);
    call.on('data', (piece: Buffer) => pieces.push(piece)).on('error', failed);
    call.on('end', () => {
      signal.removeEventListener('abort', stop);
      session.close();
      resolve({
        state: stateOf(Buffer.concat(pieces)),
        code: Number(ending['grpc-status'] ?? 2),
        message: String(ending['grpc-message'] ?? ''),
      });
    });
    call.end(framed(requestFor(service)));
  });
}

/** Field 1, a string. */
function requestFor(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** Not compressed, and its length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Field 1, a number; one that is left out is 0. */
function stateOf(answer: Buffer): string {
  const message = answer.subarray(5);
  return STATES[message[0] === 0x08 ? message[1]! : 0] ?? 'UNKNOWN';
}
