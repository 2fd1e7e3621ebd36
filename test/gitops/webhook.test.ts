import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWebhook, type Webhook } from '../../src/gitops/index.ts';

const SECRET = 'a secret that is long enough';
const BODY = JSON.stringify({ ref: 'refs/heads/main' });
const sign = (body = BODY, secret = SECRET, algorithm = 'sha256') => createHmac(algorithm, secret).update(body).digest('hex');

let folder: string;
let webhook: Webhook;
let pushes: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-webhook-'));
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
  pushes = 0;
  webhook = await startWebhook({ listen: { host: '127.0.0.1', port: 0 }, secret: join(folder, 'secret'), pushed: () => void pushes++ });
});
afterEach(async () => {
  await webhook.close();
  rmSync(folder, { recursive: true, force: true });
});

const post = (headers: Record<string, string>, body: string = BODY) => fetch(webhook.url, { method: 'POST', headers, body });

describe('a push', () => {
  it.each<[string, Record<string, string>]>([
    ['GitHub', { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${sign()}` }],
    ['GitLab', { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': SECRET }],
    ['GitLab, of a tag', { 'x-gitlab-event': 'Tag Push Hook', 'x-gitlab-token': SECRET }],
    ['Gitea', { 'x-gitea-event': 'push', 'x-gitea-signature': sign() }],
    ['anybody who signs', { 'x-signature': `sha256=${sign()}` }],
    ['anybody who signs with SHA-512', { 'x-signature': `sha512=${sign(BODY, SECRET, 'sha512')}` }],
  ])('of %s makes it look', async (_name, headers) => {
    expect((await post(headers)).status).toBe(202);
    expect(pushes).toBe(1);
  });

  it.each<[string, number, Record<string, string>]>([
    ['without a signature', 401, {}],
    ['with a signature of another body', 403, { 'x-hub-signature-256': `sha256=${sign('other')}` }],
    ['with another secret', 403, { 'x-gitea-signature': sign(BODY, 'another') }],
    ['with another token', 403, { 'x-gitlab-token': 'another' }],
    ['with half a signature', 401, { 'x-hub-signature-256': `sha256=${sign().slice(0, 32)}` }],
    ['with an algorithm that does not fit', 403, { 'x-signature': `sha512=${sign()}` }],
    ['with the old SHA-1 alone', 401, { 'x-hub-signature': `sha1=${sign(BODY, SECRET, 'sha1')}` }],
  ])('%s is refused', async (_name, status, headers) => {
    const answer = await post(headers);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain(SECRET);
    expect(pushes).toBe(0);
  });

  it('that is none is taken and does nothing', async () => {
    expect((await post({ 'x-github-event': 'ping', 'x-hub-signature-256': `sha256=${sign()}` })).status).toBe(200);
    expect((await fetch(webhook.url)).status).toBe(405);
    expect(pushes).toBe(0);
  });

  it('with a renewed secret is taken without a restart', async () => {
    writeFileSync(join(folder, 'secret'), 'another secret, long enough');
    expect((await post({ 'x-signature': `sha256=${sign()}` })).status).toBe(403);
    expect((await post({ 'x-signature': `sha256=${sign(BODY, 'another secret, long enough')}` })).status).toBe(202);
  });
});

it('a secret that is too short or missing is refused at the start', async () => {
  writeFileSync(join(folder, 'secret'), 'short');
  const start = (secret: string) => startWebhook({ listen: { host: '127.0.0.1', port: 0 }, secret, pushed: () => {} });
  await expect(start(join(folder, 'secret'))).rejects.toThrow('at least 16 characters');
  await expect(start(join(folder, 'none'))).rejects.toThrow('cannot be read');
});
