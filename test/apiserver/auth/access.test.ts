import { describe, expect, test } from 'vitest';
import {
  byCertificate,
  firstOf,
  forbiddenTo,
  kubeconfigText,
  mastersOnly,
  orAnonymous,
  type Attributes,
  type Credentials,
  type Identity,
} from '../../../src/apiserver/auth/index.ts';
import { ManualClock, parseYaml } from '../../../src/base/index.ts';

const clock = new ManualClock(1_000_000);
const certificate = (subject: object, until = 2_000_000) => ({ certificate: { subject, fingerprint: 'ab12', until } });
const extra = { 'authentication.kubernetes.io/credential-id': ['X509SHA256=ab12'] };

describe('a client certificate', () => {
  const cases: [string, Credentials, Identity | undefined][] = [
    [
      'names the user and the groups',
      certificate({ CN: 'jane', O: ['dev', 'ops'] }),
      { user: 'jane', groups: ['dev', 'ops', 'system:authenticated'], extra },
    ],
    [
      'may name one group',
      certificate({ CN: 'root', O: 'system:masters' }),
      { user: 'root', groups: ['system:masters', 'system:authenticated'], extra },
    ],
    ['names the user with its last CN', certificate({ CN: ['admin', 'jane'] }), { user: 'jane', groups: ['system:authenticated'], extra }],
    ['without a CN is nobody', certificate({ O: 'system:masters' }), undefined],
    ['that has ended during the connection is nobody', certificate({ CN: 'jane' }, 999_999), undefined],
    ['of another authority is nobody', { certificate: 'untrusted' }, undefined],
    ['is needed', { authorization: 'Bearer x' }, undefined],
  ];
  test.each(cases)('%s', (_, credentials, identity) => expect(byCertificate(clock)(credentials)).toEqual(identity));
});

test('the first way that knows the sender decides', async () => {
  const token = () => ({ user: 'bot', groups: [] });
  const identify = firstOf(byCertificate(clock), token);
  expect(await identify({ authorization: 'Bearer x' })).toMatchObject({ user: 'bot' });
  expect(await identify(certificate({ CN: 'jane' }))).toMatchObject({ user: 'jane' });
});

describe('of whom nothing is known', () => {
  const identify = orAnonymous(byCertificate(clock));
  const anonymous = { user: 'system:anonymous', groups: ['system:unauthenticated'] };
  const cases: [string, Credentials, Identity | undefined][] = [
    ['who shows nothing is anonymous', {}, anonymous],
    ['who shows a password, which nobody asks for, is anonymous', { authorization: 'Basic Zm9vOmJhcg==' }, anonymous],
    ['who shows a token is turned away', { authorization: 'Bearer x' }, undefined],
    ['who shows another authority’s certificate is turned away', { certificate: 'untrusted' }, undefined],
  ];
  test.each(cases)('%s', async (_, credentials, identity) => expect(await identify(credentials)).toEqual(identity));
});

describe('without roles', () => {
  const cases: [string, Attributes, boolean, boolean][] = [
    ['administrators may do everything, others nothing', { verb: 'delete', group: '', resource: 'nodes', name: 'n' }, true, false],
    ['everybody sees that the server is well', { verb: 'get', path: '/readyz' }, true, true],
    ['nobody else sees the metrics', { verb: 'get', path: '/metrics' }, true, false],
  ];
  test.each(cases)('%s', (_, attributes, administrators, others) => {
    expect(mastersOnly({ user: 'a', groups: ['system:masters'] }, attributes).allowed).toBe(administrators);
    expect(mastersOnly({ user: 'a', groups: ['system:authenticated'] }, attributes).allowed).toBe(others);
  });
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
