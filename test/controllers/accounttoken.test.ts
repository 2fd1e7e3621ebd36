import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localClient, openGate } from '../../src/apiserver/index.ts';
import { isStatus, Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { SECRETS, SERVICE_ACCOUNTS, TOKEN_REVIEWS, type Secret, type TokenReview } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

let plane: ControlPlane;
let client: Client;
let scope: Scope;

beforeEach(async () => {
  plane = await controlPlane();
  const { api, store, clock } = plane;
  const gate = openGate({ store, clock, random: seededRandom(3) });
  client = localClient({ api, store, reviews: gate.reviews, manager: 'test', trusted: true });
  scope = new Scope('test');
  startControllers({
    client,
    clock,
    random: seededRandom(7),
    log: silentLog,
    scope,
    kinds: api.kinds,
    rootCa: Promise.resolve('PEM'),
    only: ['serviceaccount-token'],
  });
  await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'ci', namespace: 'default' } });
});
afterEach(() => scope.close());

async function keep(name: string, account: string, type = 'kubernetes.io/service-account-token'): Promise<void> {
  const metadata = { name, namespace: 'default', annotations: { 'kubernetes.io/service-account.name': account } };
  await client.create<Secret>(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, type });
  await plane.clock.settle();
}

/** Signing takes real turns. */
async function filled(name: string): Promise<Secret> {
  for (;;) {
    const secret = await client.get<Secret>(SECRETS, name, 'default');
    if (secret.data?.['token']) return secret;
    await new Promise((resolve) => setImmediate(resolve));
    await plane.clock.settle();
  }
}

const isThere = (name: string) =>
  client.get(SECRETS, name, 'default').then(
    () => true,
    (error) => {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    },
  );

async function whoseToken(token: string): Promise<string | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token } };
  const { status } = await client.create<TokenReview>(TOKEN_REVIEWS, review);
  return status?.authenticated ? status.user?.username : undefined;
}

describe('a Secret for a service account’s token', () => {
  test('is filled with a token that is good for years, and ends with the Secret', async () => {
    await keep('ci-token', 'ci');
    const { data = {}, metadata } = await filled('ci-token');
    const text = (key: string) => Buffer.from(data[key]!, 'base64').toString();
    expect({ ca: text('ca.crt'), namespace: text('namespace') }).toEqual({ ca: 'PEM', namespace: 'default' });
    expect(metadata.annotations?.['kubernetes.io/service-account.uid']).toMatch(/^[0-9a-f-]{36}$/);
    await plane.clock.advance(5 * 365 * 24 * 3_600_000);
    expect(await whoseToken(text('token'))).toBe('system:serviceaccount:default:ci');
    await client.delete({ kind: SECRETS, name: 'ci-token', namespace: 'default' });
    expect(await whoseToken(text('token'))).toBeUndefined();
  });

  test('is written once', async () => {
    await keep('ci-token', 'ci');
    await filled('ci-token');
    const { revision } = plane.store;
    await plane.clock.advance(3_600_000);
    expect(plane.store.revision).toBe(revision);
  });

  test('goes with the account, and is not kept for one that is not there', async () => {
    await keep('nobody-token', 'nobody');
    expect(await isThere('nobody-token')).toBe(false);
    await keep('ci-token', 'ci');
    await filled('ci-token');
    await client.delete({ kind: SERVICE_ACCOUNTS, name: 'ci', namespace: 'default' });
    await plane.clock.settle();
    expect(await isThere('ci-token')).toBe(false);
  });

  test('is told from other Secrets by its type', async () => {
    await keep('notes', 'nobody', 'Opaque');
    expect(await isThere('notes')).toBe(true);
  });
});
