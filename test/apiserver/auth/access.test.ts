import { describe, expect, test } from 'vitest';
import { byCertificate, firstOf, forbiddenTo, kubeconfigText, mastersOnly, type Attributes } from '../../../src/apiserver/auth/index.ts';
import { parseYaml } from '../../../src/base/index.ts';

describe('a client certificate', () => {
  const cases: [string, Parameters<typeof byCertificate>[0], ReturnType<typeof byCertificate>][] = [
    [
      'names the user and the groups',
      { certificate: { CN: 'jane', O: ['dev', 'ops'] } },
      { user: 'jane', groups: ['dev', 'ops', 'system:authenticated'] },
    ],
    [
      'may name one group',
      { certificate: { CN: 'root', O: 'system:masters' } },
      { user: 'root', groups: ['system:masters', 'system:authenticated'] },
    ],
    ['without a CN is nobody', { certificate: { O: 'system:masters' } }, undefined],
    ['is needed', { authorization: 'Bearer x' }, undefined],
  ];
  test.each(cases)('%s', (_, credentials, identity) => expect(byCertificate(credentials)).toEqual(identity));
});

test('the first way that knows the sender decides', async () => {
  const token = () => ({ user: 'bot', groups: [] });
  const identify = firstOf(byCertificate, token);
  expect(await identify({ authorization: 'Bearer x' })).toMatchObject({ user: 'bot' });
  expect(await identify({ certificate: { CN: 'jane' } })).toMatchObject({ user: 'jane' });
});

test('administrators may do everything, others nothing', () => {
  const anything: Attributes = { verb: 'delete', group: '', resource: 'nodes', name: 'n' };
  expect(mastersOnly({ user: 'a', groups: ['system:masters'] }, anything).allowed).toBe(true);
  expect(mastersOnly({ user: 'a', groups: ['system:authenticated'] }, anything).allowed).toBe(false);
});

describe('a refusal says', () => {
  const cases: [string, Attributes][] = [
    [
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
      { verb: 'list', group: '', resource: 'pods', namespace: 'default' },
    ],
    [
      'deployments.apps "web" is forbidden: User "bob" cannot get resource "deployments" in API group "apps" in the namespace "x"',
      { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'x', name: 'web' },
    ],
    [
      'nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope',
      { verb: 'list', group: '', resource: 'nodes' },
    ],
    [
      'pods "p" is forbidden: User "bob" cannot get resource "pods/log" in API group "" in the namespace "x"',
      { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace: 'x', name: 'p' },
    ],
    ['forbidden: User "bob" cannot get path "/metrics"', { verb: 'get', path: '/metrics' }],
  ];
  test.each(cases)('%s', (message, attributes) => {
    expect(forbiddenTo({ user: 'bob', groups: [] }, attributes).toStatus()).toMatchObject({ code: 403, reason: 'Forbidden', message });
  });
});

test('a kubeconfig holds the address, the authority and the client certificate', () => {
  const [document] = parseYaml(kubeconfigText({ server: 'https://127.0.0.1:7443', ca: 'CA', cert: 'CERT', key: 'KEY' }));
  expect(document!.value).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'slipway',
    clusters: [{ name: 'slipway', cluster: { server: 'https://127.0.0.1:7443', 'certificate-authority-data': 'Q0E=' } }],
    contexts: [{ name: 'slipway', context: { cluster: 'slipway', user: 'slipway' } }],
    users: [{ name: 'slipway', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } }],
  });
});
