import { resolve } from 'node:path';
import { UserError } from '../base/index.ts';
import { parseListen, type GitSettings } from '../daemon/index.ts';

export interface GitOptions {
  readonly ref?: string;
  readonly path?: string;
  readonly gitCredentials?: string;
  readonly poll: string;
  readonly webhook?: string;
  readonly webhookSecret?: string;
  readonly allowedSigners?: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** Asked more often, a server may take it for an attack. */
const SHORTEST_POLL = 1000;

export function readGitSettings({ ref, path, gitCredentials, poll, webhook, webhookSecret, allowedSigners }: GitOptions): GitSettings {
  if ((webhook === undefined) !== (webhookSecret === undefined))
    throw new UserError('--webhook and --webhook-secret go together: name both');
  if (path !== undefined && (path.startsWith('/') || path.split('/').includes('..'))) {
    throw new UserError(`--path ${path}: expected a folder inside the repository, such as clusters/production`);
  }
  const listen = webhook === undefined ? undefined : parseListen(webhook);
  if (webhook !== undefined && !listen) throw new UserError(`--webhook ${webhook}: expected HOST:PORT, such as 0.0.0.0:9292`);
  return {
    ref,
    path: path
      ?.split('/')
      .filter((step) => step !== '' && step !== '.')
      .join('/'),
    credentials: gitCredentials,
    pollMs: readPoll(poll),
    // Other commands read it too, from wherever they are called.
    allowedSigners: allowedSigners && resolve(allowedSigners),
    ...(listen && webhookSecret ? { webhook: { listen, secret: webhookSecret } } : {}),
  };
}

function readPoll(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const ms = Number(count) * UNITS[unit ?? '']!;
  if (count === undefined || (ms !== 0 && ms < SHORTEST_POLL))
    throw new UserError(`--poll ${text}: expected a time such as 30s or 5m, or 0s for never`);
  return ms;
}
