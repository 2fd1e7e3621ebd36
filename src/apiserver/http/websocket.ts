import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { isPieces } from './chunks.ts';
import { JSON_TYPE, type Answer, type Body, type Outlet, type Written } from './message.ts';
import { StreamOutlet } from './send.ts';

/** Browsers have no other way to follow something than this. */

const BASE64 = 'base64.binary.k8s.io';

/** A client has nothing to say. */
const LONGEST_MESSAGE = 64 * 1024;

const accepting = new WebSocketServer({ noServer: true, maxPayload: LONGEST_MESSAGE });

type Live = Extract<Body, { kind: 'live' }>;

/** Undefined: it is answered as any request. */
export function webSocketOf({ headers }: IncomingMessage, { code, body }: Answer): Live | undefined {
  return headers.upgrade?.toLowerCase() === 'websocket' && code === 200 && body.kind === 'live' ? body : undefined;
}

/** What goes on is told in messages: events as a text each, a log in pieces as they come. */
export async function speak({ run }: Live, type: string, request: IncomingMessage, socket: Duplex, head: Buffer, live: Set<Outlet>) {
  let outlet: Outlet = new StreamOutlet(socket, socket);
  accepting.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => {});
    outlet = new MessageOutlet(client, socket, formOf(type, client.protocol));
  });
  live.add(outlet);
  try {
    await run(outlet);
  } finally {
    live.delete(outlet);
  }
}

type Form = 'text' | 'bytes' | 'base64';

const formOf = (type: string, protocol: string): Form => (type === JSON_TYPE ? 'text' : protocol === BASE64 ? 'base64' : 'bytes');

class MessageOutlet extends StreamOutlet {
  readonly #client: WebSocket;
  readonly #socket: Duplex;
  readonly #form: Form;

  constructor(client: WebSocket, socket: Duplex, form: Form) {
    super(socket, socket);
    this.#client = client;
    this.#socket = socket;
    this.#form = form;
  }

  /** The bytes are not ours to keep: they are copied before they wait. */
  protected override pass(written: Written): boolean {
    for (const one of isPieces(written) ? written : [written]) {
      const bytes = Buffer.from(one as Uint8Array);
      this.#client.send(this.#form === 'bytes' ? bytes : bytes.toString(this.#form === 'text' ? 'utf8' : 'base64'));
    }
    return !this.#socket.writableNeedDrain;
  }

  protected override finish(): void {
    this.#client.close();
  }
}
