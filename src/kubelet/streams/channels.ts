import type { WebSocket } from 'ws';
import type { ExecStreams, TerminalSize } from '../runtime.ts';
import { Inflow } from './inflow.ts';

/** Kubernetes' stream protocols, best first. The fifth lets a client close its input. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const [STDIN, STDOUT, STDERR, OUTCOME, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255];

/** Several streams over one WebSocket: the first byte of each message says which one. */
export class Channels {
  readonly #socket: WebSocket;
  readonly #input: Inflow<Uint8Array>;
  readonly #sizes = new Inflow<TerminalSize>();
  readonly #left = new AbortController();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#input = new Inflow(
      () => socket.pause(),
      () => socket.resume(),
    );
    socket.on('message', (message: Buffer) => this.#take(message));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#input.end();
      this.#sizes.end();
      this.#left.abort(new Error('the client has gone'));
    });
  }

  /** Aborts when the client goes. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  get input(): AsyncIterable<Uint8Array> {
    return this.#input;
  }

  streams(wanted: { readonly stdin: boolean; readonly tty: boolean }): ExecStreams {
    return {
      stdout: (chunk) => this.#send(STDOUT!, chunk),
      // A terminal has only one way out.
      stderr: (chunk) => this.#send(wanted.tty ? STDOUT! : STDERR!, chunk),
      ...(wanted.stdin ? { stdin: this.#input } : {}),
      ...(wanted.tty ? { terminal: this.#sizes } : {}),
    };
  }

  /** The last word to the client: how its command ended. */
  async finish(outcome: object): Promise<void> {
    await this.#send(OUTCOME!, Buffer.from(JSON.stringify(outcome)));
    this.#socket.close(1000);
  }

  #take(message: Buffer): void {
    const [channel] = message;
    const content = message.subarray(1);
    if (channel === STDIN) this.#input.push(content);
    else if (channel === RESIZE) this.#resize(content.toString());
    else if (channel === CLOSE && content[0] === STDIN) this.#input.end();
  }

  #resize(text: string): void {
    try {
      const { Width, Height } = JSON.parse(text) as { Width: number; Height: number };
      if (Width > 0 && Height > 0) this.#sizes.push({ columns: Math.trunc(Width), rows: Math.trunc(Height) });
    } catch {
      return;
    }
  }

  #send(channel: number, content: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.send(Buffer.concat([Buffer.from([channel]), content]), () => resolve()));
  }
}

export const SUCCESS = { metadata: {}, status: 'Success' };

export function exitStatus(code: number): object {
  if (code === 0) return SUCCESS;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

export function failure(message: string): object {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}
