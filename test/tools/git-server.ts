import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `git http-backend`, as Git's own documentation serves repositories, behind a loopback port. */
export class GitServer {
  readonly asked: string[] = [];
  readonly #server: Server;
  #login: string | undefined;

  constructor(folder: string) {
    this.#server = createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      if (this.#login && request.headers.authorization !== `Basic ${Buffer.from(this.#login).toString('base64')}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
        return;
      }
      const { pathname, search } = new URL(request.url!, 'http://host');
      const backend = spawn('git', ['http-backend'], {
        env: {
          PATH: process.env['PATH'],
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'safe.directory',
          GIT_CONFIG_VALUE_0: '*',
          GIT_PROJECT_ROOT: folder,
          GIT_HTTP_EXPORT_ALL: '1',
          PATH_INFO: pathname,
          QUERY_STRING: search.slice(1),
          REQUEST_METHOD: request.method,
          CONTENT_TYPE: request.headers['content-type'] ?? '',
          ...(request.headers['git-protocol'] ? { GIT_PROTOCOL: request.headers['git-protocol'] as string } : {}),
        },
      });
      request.pipe(backend.stdin);
      const parts: Buffer[] = [];
      backend.stdout.on('data', (part: Buffer) => parts.push(part));
      backend.once('close', () => {
        const whole = Buffer.concat(parts);
        const end = whole.indexOf('\r\n\r\n');
        const headers = whole.subarray(0, end).toString().split('\r\n');
        const fields = Object.fromEntries(headers.map((line) => line.split(': ', 2) as [string, string]));
        response.writeHead(Number(fields['Status']?.slice(0, 3) ?? 200), fields).end(whole.subarray(end + 4));
      });
    });
  }

  demand(login: string | undefined): void {
    this.#login = login;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
