import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatYaml } from '../../src/base/index.ts';
import { loadKubeconfig } from '../../src/client/index.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const CONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'here',
  clusters: [
    { name: 'local', cluster: { server: 'https://127.0.0.1:7443/', 'certificate-authority-data': base64('CA') } },
    { name: 'behind', cluster: { server: 'https://far.example', 'proxy-url': 'http://proxy' } },
    { name: 'far', cluster: { server: 'https://far.example', 'insecure-skip-tls-verify': true, 'tls-server-name': 'api.far' } },
  ],
  contexts: [
    { name: 'here', context: { cluster: 'local', user: 'admin', namespace: 'shop' } },
    { name: 'there', context: { cluster: 'far', user: 'bot' } },
    { name: 'nowhere', context: { cluster: 'lost', user: 'admin' } },
    { name: 'program', context: { cluster: 'local', user: 'aws' } },
    { name: 'old', context: { cluster: 'local', user: 'gcp' } },
    { name: 'early', context: { cluster: 'local', user: 'alpha' } },
    { name: 'proxied', context: { cluster: 'behind', user: 'admin' } },
    { name: 'acting', context: { cluster: 'far', user: 'actor' } },
  ],
  users: [
    { name: 'admin', user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') } },
    { name: 'bot', user: { token: 'secret' } },
    {
      name: 'aws',
      user: {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'bin/aws',
          args: ['token'],
          env: [{ name: 'REGION', value: 'eu' }],
          installHint: 'install aws',
          interactiveMode: 'Never',
          provideClusterInfo: true,
        },
      },
    },
    { name: 'alpha', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } } },
    { name: 'gcp', user: { 'auth-provider': { name: 'gcp' } } },
    {
      name: 'actor',
      user: { username: 'me', password: 'pass', as: 'jane', 'as-uid': '7', 'as-groups': ['dev'], 'as-user-extra': { why: ['debug'] } },
    },
  ],
};
const text = formatYaml(CONFIG);

test('the current context, with what it holds itself', () => {
  expect(loadKubeconfig({ text })).toEqual({ server: 'https://127.0.0.1:7443', ca: 'CA', cert: 'CERT', key: 'KEY', namespace: 'shop' });
});

test('another context, with a token', () => {
  expect(loadKubeconfig({ text }, 'there')).toEqual({
    server: 'https://far.example',
    token: 'secret',
    serverName: 'api.far',
    skipVerify: true,
  });
});

test('a program that signs in, beside the configuration', () => {
  expect(loadKubeconfig({ text }, 'program').exec).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'bin/aws',
    args: ['token'],
    env: { REGION: 'eu' },
    installHint: 'install aws',
    provideClusterInfo: true,
    interactive: 'Never',
  });
});

test('a password, and somebody to act as', () => {
  expect(loadKubeconfig({ text }, 'acting')).toMatchObject({
    username: 'me',
    password: 'pass',
    impersonate: { user: 'jane', uid: '7', groups: ['dev'], extra: { why: ['debug'] } },
  });
});

test('files, beside the configuration or anywhere', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'));
  try {
    await Promise.all([
      writeFile(join(dir, 'ca.crt'), 'CA'),
      writeFile(join(dir, 'me.crt'), 'CERT'),
      writeFile(join(dir, 'me.key'), 'KEY'),
      writeFile(join(dir, 'token'), 'secret\n'),
    ]);
    const files = {
      ...CONFIG,
      clusters: [{ name: 'local', cluster: { server: 'https://x', 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'admin', user: { 'client-certificate': join(dir, 'me.crt'), 'client-key': 'me.key', tokenFile: 'token' } }],
    };
    await writeFile(join(dir, 'config'), formatYaml(files));
    expect(loadKubeconfig({ path: join(dir, 'config') })).toEqual({
      server: 'https://x',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      tokenFile: join(dir, 'token'),
      namespace: 'shop',
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});

describe('what is wrong is said', () => {
  const cases: [string, () => unknown, string][] = [
    ['a file that is not there', () => loadKubeconfig({ path: '/nowhere/config' }), 'cannot read /nowhere/config: ENOENT'],
    [
      'no current context',
      () => loadKubeconfig({ text: formatYaml({ ...CONFIG, 'current-context': '' }) }),
      'has no current context: name one of here, there, nowhere, program, ',
    ],
    ['an unknown context', () => loadKubeconfig({ text }, 'x'), 'has no context "x": there is here, there, nowhere, program, '],
    ['an unknown cluster', () => loadKubeconfig({ text }, 'nowhere'), 'has no cluster "lost": there is local, behind, far'],
    [
      'a way to sign in that is gone',
      () => loadKubeconfig({ text }, 'old'),
      'the user gcp signs in by auth-provider, which Kubernetes took out',
    ],
    [
      'a program of another protocol',
      () => loadKubeconfig({ text }, 'early'),
      'the user alpha signs in by exec, with the apiVersion client.authentication.k8s.io/v1alpha1: it must be one of',
    ],
    ['a proxy', () => loadKubeconfig({ text }, 'proxied'), 'the cluster is reached through proxy-url, which is not supported'],
    ['broken YAML', () => loadKubeconfig({ text: 'a: [' }), 'the kubeconfig:1:'],
    ['something else', () => loadKubeconfig({ text: '- 1' }), 'the kubeconfig is no kubeconfig'],
  ];
  test.each(cases)('%s', (_, load, message) => expect(load).toThrow(message));
});
