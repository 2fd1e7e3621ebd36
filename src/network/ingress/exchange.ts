import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Millis } from '../../base/index.ts';
import type { Target } from '../routes.ts';
import { withoutConnection } from './headers.ts';
import type { PathRoute } from './table.ts';

/** How one request to one endpoint ended. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly bytes: number }
  /** Nothing has reached the client yet. */
  | { readonly kind: 'failed'; readonly error: Error; readonly isSent: boolean }
  /** The client has a part of the answer. */
  | { readonly kind: 'broken'; readonly status: number; readonly bytes: number; readonly error: Error };

export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly route: PathRoute;
}

/** Passes the request on to the endpoint, and its answer back as it comes. */
export function exchange(passing: Passing, target: Target, dispatcher: Dispatcher): Promise<Outcome> {
  const { request, response, url, headers, route } = passing;
  const { timeout } = route.policy;
  return new Promise((resolve) => {
    let status = 0;
    let length = Number.NaN;
    let bytes = 0;
    let isSent = false;
    let stop: (error: Error) => void = () => {};
    const settle = (outcome: Outcome) => {
      response.off('close', gone);
      resolve(outcome);
    };
    const gone = () => stop(new Error('the client has gone'));
    response.once('close', gone);
    if (hasBody(request)) limitSilence(request, timeout, () => stop(new BodyStalled('the client does not send the rest')));
    dispatcher.dispatch(
      {
        origin: `http://${target.address.includes(':') ? `[${target.address}]` : target.address}:${target.port}`,
        path: url,
        method: request.method!,
        headers,
        body: hasBody(request) ? (bodyOf(request, route) as unknown as Readable) : null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
      },
      {
        onRequestStart(controller) {
          isSent = true;
          stop = (error) => controller.abort(error);
          if (response.destroyed) gone();
        },
        onResponseStart(_, code, answered) {
          // Hints before the answer are the connection's own.
          if (code < 200) return;
          status = code;
          length = Number(answered['content-length'] ?? Number.NaN);
          response.writeHead(code, withoutConnection(answered));
        },
        onResponseData(controller, chunk) {
          bytes += chunk.length;
          if (isSmallWhole(chunk, length)) return void response.end(chunk.toString('latin1'), 'latin1');
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          if (!response.writableEnded) response.end();
          settle({ kind: 'answered', status, bytes });
        },
        onResponseError(_, error) {
          if (status === 0) return settle({ kind: 'failed', error, isSent });
          response.destroy();
          settle({ kind: 'broken', status, bytes, error });
        },
      },
    );
  });
}

const SMALL = 4_096;

/** A text that is the whole body goes out in one piece with the head: that is a third of the work of two. */
function isSmallWhole(chunk: Buffer, length: number): boolean {
  return chunk.length === length && length <= SMALL;
}

export function hasBody({ headers, httpVersionMajor, complete }: IncomingMessage): boolean {
  if (headers['content-length'] !== undefined) return headers['content-length'] !== '0';
  return headers['transfer-encoding'] !== undefined || (httpVersionMajor === 2 && !complete);
}

export class BodyTooLarge extends Error {}

export class BodyStalled extends Error {}

/** Until the body is there: from then on it is the backend that may be silent. */
function limitSilence(request: IncomingMessage, timeout: Millis, tooLong: () => void): void {
  request.setTimeout(timeout, tooLong);
  request.once('end', () => request.setTimeout(0));
}

/** Not touched before there is a connection to send it over: until then another endpoint can have it. */
async function* bodyOf(request: IncomingMessage, { policy }: PathRoute): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > policy.largestBody) throw new BodyTooLarge('the request is too large');
    yield chunk as Buffer;
  }
}
