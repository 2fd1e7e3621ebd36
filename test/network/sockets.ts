import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Target } from '../../src/network/index.ts';

let made = 0;

/** An address that no other test and no other run of the tests uses. */
export function freshAddress(): string {
  made++;
  return `127.${96 + (process.pid % 16)}.${(process.pid >> 4) & 255}.${1 + (made % 250)}`;
}

/** A port that nobody has at this address. */
export async function freePort(address: string): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, address, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function listen(server: Server, address: string, port: number): Promise<Target> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => resolve({ address, port: (server.address() as { port: number }).port }));
  });
}

/** A pod's server: what it does with a connection, and all of its connections for the end. */
export class Endpoint {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  target!: Target;

  constructor(serve: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      serve(socket);
    });
  }

  static async start(serve: (socket: Socket) => void): Promise<Endpoint> {
    const endpoint = new Endpoint(serve);
    endpoint.target = await listen(endpoint.#server, freshAddress(), 0);
    return endpoint;
  }

  /** Takes no connections any more; those that stand go on. */
  stop(): void {
    this.#server.close();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** Answers with its name and what it was sent, once the client has ended its half. */
export const answering = (name: string) => (socket: Socket) => {
  void text(socket).then(
    (sent) => socket.end(`${name}:${sent}`),
    () => {},
  );
};

/** Sends, ends its half, and gives all that comes back; a reset rejects. */
export async function exchange(to: Target, sent = ''): Promise<string> {
  const socket = await dial(to);
  socket.end(sent);
  return text(socket);
}

export function dial({ address, port }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** The code with which a connection failed, however far it came. */
export async function failureOf(to: Target): Promise<string> {
  try {
    return `answered ${JSON.stringify(await exchange(to))}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
