import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../base/index.ts';
import { impersonationOf, type Credentials } from '../auth/index.ts';
import type { Asked } from './message.ts';

export type WireRequest = IncomingMessage | Http2ServerRequest;

/** Kubernetes' limit for what a request may send. */
const LARGEST_BODY = 3 * 1024 * 1024;

const NO_QUERY = new URLSearchParams();

/** A request as the handlers see it, over HTTP/1.1 and HTTP/2 alike. */
export function receive(request: WireRequest): Asked {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1)),
    headers: request.headers,
    credentials: { certificate: certificateOf(request), authorization: request.headers.authorization },
    impersonation: impersonationOf(request.rawHeaders),
    body: () => readBody(request),
  };
}

type Subject = Credentials['certificate'];

/** A connection shows its certificate once, whatever comes over it. */
const subjects = new WeakMap<TLSSocket | Http2Session, Subject>();

function certificateOf(request: WireRequest): Subject {
  const session = 'stream' in request ? request.stream.session : undefined;
  const connection = session ?? (request.socket as TLSSocket);
  if (!subjects.has(connection)) {
    const socket = (session ? session.socket : request.socket) as TLSSocket;
    subjects.set(connection, socket.authorized ? socket.getPeerCertificate().subject : undefined);
  }
  return subjects.get(connection);
}

function readBody(request: WireRequest): Promise<Buffer> {
  if (Number(request.headers['content-length']) > LARGEST_BODY) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= LARGEST_BODY) parts.push(part);
      else reject(tooLarge());
    });
    request.on('end', () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => reject(new StatusError('BadRequest', 'the request ended before its body')));
  });
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${LARGEST_BODY}`);
}
