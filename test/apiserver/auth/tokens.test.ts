import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  API_AUDIENCES,
  ensureSigningKey,
  newSigningKey,
  openIdDocuments,
  readStaticTokens,
  signToken,
  staticTokens,
  type Claims,
} from '../../../src/apiserver/auth/index.ts';
import { NODES, PODS, SECRETS, SERVICE_ACCOUNTS } from '../../../src/model/index.ts';
import { realm } from '../access/realm.ts';

let dir: string;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'slipway-tokens-'))));
afterAll(() => rm(dir, { recursive: true }));

describe('a file of tokens', () => {
  const identify = async (text: string, token: string) => (await staticTokens(text, 'F')(token, API_AUDIENCES))?.identity;

  const good: [string, string, object | undefined][] = [
    ['names a user and a uid', 't,jane,7', { user: 'jane', uid: '7', groups: ['system:authenticated'] }],
    ['names groups', 't,jane,7,"dev,ops"', { user: 'jane', uid: '7', groups: ['dev', 'ops', 'system:authenticated'] }],
    ['names one group without quotes', 't,jane,7,dev', { user: 'jane', uid: '7', groups: ['dev', 'system:authenticated'] }],
    [
      'may have spaces, empty lines and the line ends of Windows',
      '\r\n t , jane , 7 \r\n\r\n',
      { user: 'jane', uid: '7', groups: ['system:authenticated'] },
    ],
    ['may quote, and quote quotes', '"t","j ""the"" d",""', { user: 'j "the" d', groups: ['system:authenticated'] }],
    ['knows no other token', 'u,jane,7', undefined],
  ];
  test.each(good)('%s', async (_, text, identity) => expect(await identify(text, 't')).toEqual(identity));

  const bad: [string, string, string][] = [
    ['with too few columns', 't,jane,7\nu,bob', 'F, line 2: expected token,user,uid and perhaps "group1,group2"'],
    ['without a token', ',jane,7', 'F, line 1: expected token,user,uid and perhaps "group1,group2"'],
    ['with an open quote', 't,jane,7,"dev', 'F, line 1: a quotation mark is out of place'],
    ['with a token twice', 't,jane,7\n\nt,bob,8', 'F, line 3: this token stands in an earlier line: give each user their own'],
  ];
  test.each(bad)('%s is refused with its line', (_, text, message) => {
    expect(() => staticTokens(text, 'F')).toThrow(message);
  });

  test('is for the API server only', async () => {
    expect(await staticTokens('t,jane,7', 'F')('t', ['vault'])).toBeUndefined();
  });

  test('that is not there is refused', async () => {
    await expect(readStaticTokens(join(dir, 'none'))).rejects.toThrow(`there is no file of tokens ${join(dir, 'none')}`);
  });
});

describe('the key that signs tokens', () => {
  test('is made once, for its owner only, and read again', async () => {
    const made = await ensureSigningKey(join(dir, 'new'));
    expect((await ensureSigningKey(join(dir, 'new'))).id).toBe(made.id);
    expect((await stat(join(dir, 'new', 'serviceaccount.key'))).mode & 0o777).toBe(0o600);
  });

  test('that is damaged is not replaced', async () => {
    await writeFile(join(dir, 'serviceaccount.key'), 'nonsense');
    await expect(ensureSigningKey(dir)).rejects.toThrow(/serviceaccount\.key cannot be read as a key .*: put it back from a copy/);
  });
});

test('others can check tokens by what the cluster tells of its key', () => {
  const key = newSigningKey();
  const documents = openIdDocuments(key);
  expect(documents['/.well-known/openid-configuration']!.value).toMatchObject({
    issuer: 'https://kubernetes.default.svc.cluster.local',
    jwks_uri: 'https://kubernetes.default.svc.cluster.local/openid/v1/jwks',
  });
  expect(documents['/openid/v1/jwks']!.value).toEqual({ keys: [expect.objectContaining({ kid: key.id, alg: 'ES256', use: 'sig' })] });
  expect(JSON.stringify(documents)).not.toContain('"d"');
});

describe('a service account’s token', () => {
  let cluster: Awaited<ReturnType<typeof realm>>;
  beforeEach(async () => {
    cluster = await realm();
    const metadata = { name: 'robot', namespace: 'a' };
    const { client } = cluster;
    await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await client.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: 's' } });
    await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    await client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'p' },
      spec: { serviceAccountName: 'robot', nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    });
  });

  const request = async (spec: object, account = 'robot') =>
    (await cluster.ask('root', `POST /api/v1/namespaces/a/serviceaccounts/${account}/token`, { spec })).value;
  const tokenFor = async (spec: object = {}): Promise<string> => (await request(spec)).status.token;
  const claimsOf = (token: string): Claims => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  const isGood = async (token: string) => (await cluster.ask(token, 'GET /api')).code === 200;
  const bound = (kind: string, name: string) => ({ boundObjectRef: { kind, apiVersion: 'v1', name } });

  test('shows its bearer to be the account', async () => {
    const token = await tokenFor();
    const review = { spec: { token } };
    const { status } = (await cluster.ask('root', 'POST /apis/authentication.k8s.io/v1/tokenreviews', review)).value;
    expect(status).toMatchObject({
      authenticated: true,
      audiences: API_AUDIENCES,
      user: {
        username: 'system:serviceaccount:a:robot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claimsOf(token).jti}`] },
      },
    });
  });

  test('says for whom, for what and how long it is, as Kubernetes’ do', async () => {
    const { metadata, spec, status } = await request({ expirationSeconds: 1200, ...bound('Pod', 'p') });
    const now = cluster.clock.now() / 1000;
    expect(metadata).toMatchObject({ name: 'robot', namespace: 'a' });
    expect(spec).toMatchObject({ audiences: API_AUDIENCES, expirationSeconds: 1200, ...bound('Pod', 'p') });
    expect(status.expirationTimestamp).toBe('2026-01-01T00:20:00Z');
    expect(claimsOf(status.token)).toMatchObject({
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:a:robot',
      aud: API_AUDIENCES,
      exp: now + 1200,
      iat: now,
      nbf: now,
      'kubernetes.io': { namespace: 'a', serviceaccount: { name: 'robot' }, pod: { name: 'p' }, node: { name: 'n' } },
    });
  });

  test('ends with its time', async () => {
    const token = await tokenFor({ expirationSeconds: 600 });
    await cluster.clock.advance(599_000);
    expect(await isGood(token)).toBe(true);
    await cluster.clock.advance(1000);
    expect(await isGood(token)).toBe(false);
  });

  const ends: [string, object, { kind: typeof PODS | typeof SECRETS | typeof SERVICE_ACCOUNTS | typeof NODES; name: string }, boolean][] = [
    ['ends with its account', {}, { kind: SERVICE_ACCOUNTS, name: 'robot' }, false],
    ['ends with the pod that it is bound to', bound('Pod', 'p'), { kind: PODS, name: 'p' }, false],
    ['ends with the secret that it is bound to', bound('Secret', 's'), { kind: SECRETS, name: 's' }, false],
    ['ends with the node that it is bound to', bound('Node', 'n'), { kind: NODES, name: 'n' }, false],
    ['does not end with the node of its pod', bound('Pod', 'p'), { kind: NODES, name: 'n' }, true],
    ['does not end with what it is not bound to', {}, { kind: SECRETS, name: 's' }, true],
  ];
  test.each(ends)('%s', async (_, spec, { kind, name }, stays) => {
    const token = await tokenFor(spec);
    expect(await isGood(token)).toBe(true);
    const namespace = kind.namespaced ? 'a' : undefined;
    await cluster.client.delete({ kind: kind as typeof SECRETS, name, namespace }, { gracePeriodSeconds: 0 });
    expect(await isGood(token)).toBe(stays);
  });

  test('is not good for an account of the same name that came later', async () => {
    const token = await tokenFor();
    const { client } = cluster;
    await client.delete({ kind: SERVICE_ACCOUNTS, name: 'robot', namespace: 'a' });
    await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'a' } });
    expect(await isGood(token)).toBe(false);
  });

  test('for another audience is not for the API server, and a review says for whom it is', async () => {
    const token = await tokenFor({ audiences: ['vault', 'bank'] });
    expect(await isGood(token)).toBe(false);
    const review = async (...audiences: string[]) =>
      (await cluster.ask('root', 'POST /apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } })).value.status;
    expect(await review('vault', 'mint')).toMatchObject({ authenticated: true, audiences: ['vault'] });
    expect(await review('mint')).toEqual({ user: {}, error: 'invalid bearer token' });
    expect(await review()).toEqual({ user: {}, error: 'invalid bearer token' });
  });

  const forged: [string, (token: string) => string | Promise<string>][] = [
    ['signed by another key', (token) => signToken(claimsOf(token), newSigningKey())],
    ['that somebody changed', (token) => token.replace(/\.(.)/, (_, first: string) => (first === 'e' ? '.f' : '.e'))],
    ['signed by nobody', (token) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`],
    ['that is none', () => 'a.b.c'],
  ];
  test.each(forged)('%s is refused', async (_, forge) => {
    const { code, value } = await cluster.ask(await forge(await tokenFor()), 'GET /api');
    expect([code, value.reason]).toEqual([401, 'Unauthorized']);
  });

  const refused: [string, object, string, string][] = [
    ['for an account that is not there', {}, 'none', 'serviceaccounts "none" not found'],
    [
      'for less than ten minutes',
      { expirationSeconds: 599 },
      'robot',
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    ['bound to what is not there', bound('Pod', 'none'), 'robot', 'pods "none" not found'],
    [
      'bound to a pod of another account',
      bound('Pod', 'p'),
      'default',
      'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
    ],
    ['bound to another kind', bound('ConfigMap', 'x'), 'robot', 'cannot bind token to object of type v1, Kind=ConfigMap'],
    [
      'bound to an object that was replaced',
      { boundObjectRef: { ...bound('Secret', 's').boundObjectRef, uid: 'old' } },
      'robot',
      'the UID in the bound object reference (old) does not match the UID in record',
    ],
  ];
  test.each(refused)('is not given %s', async (_, spec, account, message) => {
    await cluster.client.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'a' },
    });
    expect((await request(spec, account)).message).toContain(message);
  });

  test('is given only to who may have it', async () => {
    await cluster.bind('view', 'bob', 'a');
    expect((await cluster.ask('bob', 'POST /api/v1/namespaces/a/serviceaccounts/robot/token', { spec: {} })).value.message).toBe(
      'serviceaccounts "robot" is forbidden: User "bob" cannot create resource "serviceaccounts/token" in API group "" in the namespace "a"',
    );
  });
});
