import { connect, type TLSSocket } from 'node:tls';

export interface SecureClientOptions {
  readonly host: string;
  readonly port: number;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** A connection of HTTP/1.1 that costs its process as little as can be, so that what is measured is the server. */
export class Wire {
  readonly #socket: TLSSocket;
  #parts: Buffer[] = [];
  #told: ((code: number) => void) | undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  static open(options: SecureClientOptions): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...options, servername: 'localhost' }, () => resolve(new Wire(socket)));
      socket.setNoDelay(true);
      socket.once('error', reject);
    });
  }

  /** Resolves with the status once all of the answer is there. */
  send(method: string, path: string, body = ''): Promise<number> {
    const head = `${method} ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return new Promise((resolve) => {
      this.#told = resolve;
      this.#socket.write(head + body);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#parts.push(bytes);
    const all = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts);
    const head = all.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const text = all.toString('latin1', 0, head);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
    if (all.length < head + END_OF_HEAD.length + length) return;
    this.#parts = [];
    this.#told?.(Number(text.slice(9, 12)));
  }
}
