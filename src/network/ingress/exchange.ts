import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Millis } from '../../base/index.ts';
import type { Target } from '../routes.ts';
import type { Speech } from './cluster.ts';
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
  readonly headers: string[];
  readonly route: PathRoute;
  /** To the endpoint. */
  readonly speaks: Speech;
}

/** Passes the request on to the endpoint, and its answer back as it comes; then `settle` is told, once. */
export function exchange(passing: Passing, { address, port }: Target, dispatcher: Dispatcher, settle: (outcome: Outcome) => void): void {
  const { request, url, headers, route, speaks } = passing;
  const { timeout } = route.policy;
  const handler = new Exchange(passing, settle);
  const isBodied = hasBody(request);
  if (isBodied) limitSilence(request, timeout, () => handler.stop(new BodyStalled('the client does not send the rest')));
  dispatcher.dispatch(
    {
      origin: `${speaks === 'https' ? 'https' : 'http'}://${address.includes(':') ? `[${address}]` : address}:${port}`,
      path: url,
      method: request.method!,
      headers,
      body: isBodied ? (bodyOf(request, route) as unknown as Readable) : null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    },
    handler,
  );
}

/** What happens to one request at one endpoint. An object and no promise: it is made for each request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #isHttp2: boolean;
  readonly #settle: (outcome: Outcome) => void;
  readonly #gone = () => this.stop(new Error('the client has gone'));
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #length = Number.NaN;
  #bytes = 0;

  constructor({ response, speaks }: Passing, settle: (outcome: Outcome) => void) {
    this.#response = response;
    this.#isHttp2 = speaks === 'h2c';
    this.#settle = settle;
    response.on('close', this.#gone);
  }

  stop(error: Error): void {
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed) this.#gone();
  }

  onResponseStart(_: unknown, status: number, headers: IncomingMessage['headers']): void {
    // Hints before the answer are the connection's own.
    if (status < 200) return;
    this.#status = status;
    this.#length = Number(headers['content-length'] ?? Number.NaN);
    this.#response.writeHead(status, withoutConnection(headers));
    if (!(this.#length <= SMALL)) setImmediate(() => this.#sendHead());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (!this.#isHttp2 && isSmallWhole(chunk, this.#length)) return void this.#response.end(chunk.toString('latin1'), 'latin1');
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(_: unknown, trailers: IncomingMessage['headers'] = {}): void {
    if (!this.#response.writableEnded) {
      // gRPC says there how a call ended.
      if (Object.keys(trailers).length > 0) this.#response.addTrailers(trailers as OutgoingHttpHeaders);
      this.#response.end();
    }
    this.#end({ kind: 'answered', status: this.#status, bytes: this.#bytes });
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#status === 0) return this.#end({ kind: 'failed', error, isSent: this.#controller !== undefined });
    this.#response.destroy();
    this.#end({ kind: 'broken', status: this.#status, bytes: this.#bytes, error });
  }

  /** Where nothing of the body is there yet: whoever waits for events wants to know that they will come. */
  #sendHead(): void {
    if (this.#bytes === 0 && !this.#response.writableEnded && !this.#response.destroyed) this.#response.flushHeaders();
  }

  #end(outcome: Outcome): void {
    this.#response.off('close', this.#gone);
    this.#settle(outcome);
  }
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
