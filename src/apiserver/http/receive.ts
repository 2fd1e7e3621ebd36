import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { atEndOfTurn, StatusError } from '../../base/index.ts';
import { impersonationOf, type Credentials } from '../auth/index.ts';
import type { BodyShare } from './load.ts';
import type { Asked } from './message.ts';

export type WireRequest = IncomingMessage | Http2ServerRequest;

/** Kubernetes' limit for what a request may send. */
const LARGEST_BODY = 3 * 1024 * 1024;

const NO_QUERY = new URLSearchParams();

/** A request as the handlers see it, over HTTP/1.1 and HTTP/2 alike. */
export function receive(request: WireRequest, share: BodyShare): Asked {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1)),
    search: mark < 0 ? '' : url.slice(mark),
    headers: request.headers,
    address: request.socket.remoteAddress ?? '',
    credentials: { certificate: certificateOf(request), authorization: request.headers.authorization },
    impersonation: impersonationOf(request.rawHeaders),
    body: () => readBody(request, share),
  };
}

type Certificate = Credentials['certificate'];

/** A connection shows its certificate once, whatever comes over it. */
const certificates = new WeakMap<TLSSocket | Http2Session, { readonly certificate: Certificate }>();

function certificateOf(request: WireRequest): Certificate {
  const session = 'stream' in request ? request.stream.session : undefined;
  const connection = session ?? (request.socket as TLSSocket);
  let known = certificates.get(connection);
  if (!known) {
    known = { certificate: readCertificate((session ? session.socket : request.socket) as TLSSocket) };
    certificates.set(connection, known);
  }
  return known.certificate;
}

function readCertificate(socket: TLSSocket): Certificate {
  const { subject, fingerprint256, valid_to } = socket.getPeerCertificate();
  if (!fingerprint256) return undefined;
  if (!socket.authorized) return 'untrusted';
  const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
  return { subject, fingerprint, until: Date.parse(valid_to) };
}

function readBody(request: WireRequest, share: BodyShare): Promise<Buffer> {
  if (Number(request.headers['content-length']) > LARGEST_BODY) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer) => {
      size += part.length;
      try {
        if (size > LARGEST_BODY) throw tooLarge();
        share.grow(part.length);
        parts.push(part);
      } catch (error) {
        request.off('data', take).resume();
        parts.length = 0;
        reject(error as StatusError);
      }
    };
    // A client that leaves is no failure of ours.
    const left = () => reject(new StatusError('BadRequest', 'the request ended before its body'));
    request.on('data', take);
    request.on('error', left);
    request.on('close', left);
    request.on('end', () => {
      request.off('error', left).off('close', left);
      // First all is read that came in together, then all of it is served: that is faster than each from end to end.
      atEndOfTurn(() => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    });
  });
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${LARGEST_BODY}`);
}
