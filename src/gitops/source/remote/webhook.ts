import { createHmac, timingSafeEqual, type Hmac } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { http, messageOf, UserError } from '../../../base/index.ts';

export interface WebhookOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** A file with the secret that the Git server signs with. It is read at each push, so that a renewed one is taken up. */
  readonly secret: string;
  /** A push that is proven to come from who knows the secret. */
  readonly pushed: () => void;
}

export interface Webhook {
  readonly url: string;
  close(): Promise<void>;
}

/** As much as GitHub sends at most. */
const LARGEST_BODY = 25 * 1024 * 1024;
const DEADLINE = 10_000;
const SHORTEST_SECRET = 16;

/** Takes pushes of GitHub, GitLab, Gitea, Forgejo and whoever else signs, at any path. They only say: look. */
export async function startWebhook({ listen, secret, pushed }: WebhookOptions): Promise<Webhook> {
  await readSecret(secret);
  const server = http.createServer((request, response) => {
    answer(request, secret).then(
      ({ status, text, push }) => {
        send(response, status, text);
        if (push) pushed();
      },
      () => send(response, 500, 'the secret cannot be read'),
    );
  });
  server.requestTimeout = DEADLINE;
  server.headersTimeout = DEADLINE;
  server.maxConnections = 64;
  await listenAt(server, listen);
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readSecret(file: string): Promise<string> {
  let secret: string;
  try {
    secret = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new UserError(`the webhook's secret cannot be read: ${messageOf(error)}`);
  }
  if (secret.length < SHORTEST_SECRET)
    throw new UserError(`${file} must hold a secret of at least ${SHORTEST_SECRET} characters, such as of "openssl rand -hex 32"`);
  return secret;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly push?: boolean;
}

async function answer(request: IncomingMessage, secretFile: string): Promise<Answer> {
  if (request.method !== 'POST') return { status: 405, text: 'only POST' };
  const secret = await readSecret(secretFile);
  const claim = claimOf(request.headers);
  if (!claim) return { status: 401, text: 'the request is not signed: set a secret in the webhook' };
  // The body is never kept: whoever sends it is not known before its end.
  const hmacs = { sha256: createHmac('sha256', secret), sha512: createHmac('sha512', secret) };
  if (!(await digestBody(request, Object.values(hmacs)))) return { status: 413, text: 'the body is too large' };
  if (!isProven(claim, hmacs, secret)) return { status: 403, text: 'the signature does not fit: is the secret the same on both sides?' };
  const event = eventOf(request.headers);
  if (event !== undefined && event !== 'push' && event !== 'create' && event !== 'delete')
    return { status: 200, text: `nothing to do for ${event}` };
  return { status: 202, text: 'looking', push: true };
}

/** How the sender proves that it knows the secret. */
export type Claim =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'hmac'; readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };

/** GitHub and Gitea sign as `sha256=HEX` or bare, GitLab sends the secret itself, others sign in `X-Signature`. */
export function claimOf(headers: IncomingHttpHeaders): Claim | undefined {
  const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
  const signature = header('x-hub-signature-256') ?? header('x-gitea-signature') ?? header('x-forgejo-signature') ?? header('x-signature');
  if (signature !== undefined) {
    const found = /^(?:(sha256|sha512)=)?([0-9a-f]{64}|[0-9a-f]{128})$/i.exec(signature.trim());
    return found ? { kind: 'hmac', algorithm: (found[1] as 'sha512' | undefined) ?? 'sha256', hex: found[2]!.toLowerCase() } : undefined;
  }
  const token = header('x-gitlab-token');
  return token === undefined ? undefined : { kind: 'token', token };
}

/** In constant time: both sides are digests of one length. */
function isProven(claim: Claim, hmacs: Readonly<Record<'sha256' | 'sha512', Hmac>>, secret: string): boolean {
  if (claim.kind === 'hmac') {
    const given = Buffer.from(claim.hex, 'hex');
    const expected = hmacs[claim.algorithm].digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
  const digest = (text: string) => createHmac('sha256', secret).update(text).digest();
  return timingSafeEqual(digest(claim.token), digest(secret));
}

function eventOf(headers: IncomingHttpHeaders): string | undefined {
  const event = headers['x-github-event'] ?? headers['x-gitea-event'] ?? headers['x-gitlab-event'];
  const name = typeof event === 'string' ? event.toLowerCase() : undefined;
  return name === 'push hook' || name === 'tag push hook' ? 'push' : name;
}

async function digestBody(request: IncomingMessage, hmacs: readonly Hmac[]): Promise<boolean> {
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_BODY) return false;
    for (const hmac of hmacs) hmac.update(chunk as Buffer);
  }
  return true;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${text}\n`);
}

function listenAt(server: Server, { host, port }: WebhookOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new UserError(`the webhook cannot listen on ${host}:${port}: ${messageOf(error)}`)));
    server.listen(port, host, () => resolve());
  });
}
