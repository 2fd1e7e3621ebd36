import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Credentials, Impersonation } from '../auth/index.ts';

/** A request, apart from the wire it came over. */
export interface Asked {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as sent, with its mark; empty where there is none. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from. */
  readonly address: string;
  readonly credentials: Credentials;
  /** In whose name it is to be made, if not the sender's own. */
  readonly impersonation?: Impersonation;
  /** The whole body; refuses what is too large. */
  body(): Promise<Buffer>;
}

/** An answer as a value: `send` brings it onto the wire. */
export interface Answer {
  readonly code: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Body;
  /** Takes the connection over instead of answering on it. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  /** Large: made and sent piece by piece. `size` is about how many characters it will be. */
  | { readonly kind: 'pieces'; readonly pieces: Iterable<string>; readonly size: number }
  /** Goes on for as long as it likes. It is run in any case, if need be with an outlet that is closed already. */
  | { readonly kind: 'live'; readonly run: (outlet: Outlet) => Promise<void> };

/** Pieces are put together where they leave. */
export type Written = string | Uint8Array | readonly Uint8Array[];

/** Where a live answer goes. */
export interface Outlet {
  readonly closed: boolean;
  /** False: wait for `drained` before the next one. */
  write(bytes: Written): boolean;
  /** Resolves when there is room again, and when it has closed. */
  drained(): Promise<void>;
  onClose(closed: () => void): void;
  end(): void;
  /** Cuts the connection, so that the client knows that something is missing. */
  destroy(): void;
}

export const JSON_TYPE = 'application/json';

export function textAnswer(text: string, code = 200, type = 'text/plain; charset=utf-8'): Answer {
  return { code, type, body: { kind: 'text', text } };
}

export function jsonAnswer(value: unknown, code = 200): Answer {
  return textAnswer(JSON.stringify(value), code, JSON_TYPE);
}
