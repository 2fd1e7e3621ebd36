import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localClient, openGate } from '../../src/apiserver/index.ts';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { RULES } from '../../src/controllers/certificates/signers.ts';
import { startControllers, type SignCertificate } from '../../src/controllers/index.ts';
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  SIGNERS,
  type CertificateSigningRequest,
  type Manifest,
} from '../../src/model/index.ts';
import { certificateRequest, selfSigned } from '../tools/certificate.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

const NODE = { commonName: 'system:node:n', organizations: ['system:nodes'] };
const CLIENT = ['digital signature', 'client auth'];
const SERVER = ['digital signature', 'key encipherment', 'server auth'];
const ORGANIZATION = 'subject organization is not system:nodes';

describe('of what was approved is signed', () => {
  test.each<[string, string, string[], object, string[], string | undefined]>([
    ['a client', 'client', ['client auth'], { organizations: ['dev'], commonName: 'jane' }, [], undefined],
    ['a client that also encrypts', 'client', ['client auth', 'key encipherment'], {}, ['dns'], undefined],
    ['no server', 'client', ['client auth', 'server auth'], {}, [], 'invalid usage for client certificate: server auth'],
    ['not what is for no client', 'client', ['digital signature'], {}, [], 'missing required usage for client certificate: client auth'],
    ['a kubelet', 'kubeletClient', CLIENT, NODE, [], undefined],
    ['no kubelet of other groups', 'kubeletClient', CLIENT, { ...NODE, organizations: ['system:nodes', 'ops'] }, [], ORGANIZATION],
    ['no kubelet with other names', 'kubeletClient', CLIENT, NODE, ['ip'], 'IP subjectAltNames are not allowed'],
    ['no kubelet that is no node', 'kubeletClient', CLIENT, { ...NODE, commonName: 'jane' }, [], 'subject common name does not begin with system:node:'],
    ['no kubelet that wants more', 'kubeletClient', [...CLIENT, 'server auth'], NODE, [], 'usages did not match [client auth digital signature key encipherment]'],
    ['what a kubelet serves with', 'kubeletServing', SERVER, NODE, ['dns'], undefined],
    ['nothing to serve with at no address', 'kubeletServing', SERVER, NODE, [], 'DNS or IP subjectAltName is required'],
    ['nothing to serve with for mail', 'kubeletServing', SERVER, NODE, ['ip', 'email'], 'Email subjectAltNames are not allowed'],
  ])('%s', (_, signer, usages, subject, alternatives, problem) => {
    const asked = { commonName: '', organizations: [], ...subject, alternatives: new Set(alternatives) as never };
    expect(RULES[SIGNERS[signer as keyof typeof SIGNERS]]!(asked, usages)).toBe(problem);
  }); // prettier-ignore
});

const HOUR = 3_600_000;

describe('the controllers', () => {
  let plane: ControlPlane;
  let scope: Scope;
  const wanted: Parameters<SignCertificate>[0][] = [];
  let cert: string;
  beforeAll(async () => void ({ cert } = await selfSigned('jane')));

  beforeEach(async () => {
    plane = await controlPlane();
    scope = new Scope('test');
    wanted.length = 0;
    const { store, clock, api } = plane;
    const gate = scope.use(openGate({ store, clock, random: seededRandom(1) }));
    const client = scope.use(localClient({ api, store, reviews: gate.reviews, manager: 'test', trusted: true }));
    const sign: SignCertificate = async (asked) => {
      wanted.push(asked);
      return cert;
    };
    startControllers({ client, clock, random: seededRandom(7), log: silentLog, scope, kinds: api.kinds, sign, only: ['approving', 'signing', 'cleaner'].map((name) => `certificatesigningrequest-${name}`) }); // prettier-ignore
    await clock.settle();
  });
  afterEach(() => scope.close());

  const find = async (name = 'x') => plane.client.get(CERTIFICATE_SIGNING_REQUESTS, name).catch(() => undefined);
  const told = async () => (await find())?.status?.conditions?.map(({ type, reason, message }) => [type, reason, message]);

  async function ask(subject: string, spec: Partial<CertificateSigningRequest['spec']> = {}) {
    const request = Buffer.from(await certificateRequest(subject)).toString('base64');
    const kind = plane.api.kinds.byApiVersion('certificates.k8s.io/v1', 'CertificateSigningRequest')!;
    const object = { apiVersion: 'certificates.k8s.io/v1', kind: kind.kind, metadata: { name: 'x' }, spec: { request, signerName: SIGNERS.client, usages: ['client auth'], ...spec } }; // prettier-ignore
    plane.api.create({ kind }, object as unknown as Manifest, {}, { user: 'joiner', groups: [], manager: 'test' });
    await plane.clock.settle();
  }
  async function say(type: string) {
    const patch = { status: { conditions: [{ type, status: 'True' }] } };
    await plane.client.patch({ kind: CERTIFICATE_SIGNING_REQUESTS, name: 'x', subresource: 'approval' }, { type: 'merge', patch });
    await plane.clock.settle();
  }
  test('sign what was approved, and only then, as long as it wants', async () => {
    await ask('CN=jane', { expirationSeconds: 3600 });
    expect(wanted).toEqual([]);
    await say('Approved');
    expect(wanted).toEqual([{ request: (await find())!.spec.request, usages: ['client auth'], seconds: 3600 }]);
    expect((await find())?.status?.certificate).toBeDefined();
  });

  test('say why they do not sign', async () => {
    await ask('CN=jane', { usages: ['server auth'] });
    await say('Approved');
    expect(await told()).toEqual([['Approved', undefined, undefined], ['Failed', 'SignerValidationFailure', 'invalid usage for client certificate: server auth']]); // prettier-ignore
    expect(wanted).toEqual([]);
  });

  test('leave other signers to others', async () => {
    await ask('CN=jane', { signerName: 'example.com/own' });
    await say('Approved');
    await plane.clock.advance(48 * HOUR);
    expect([await told(), wanted]).toEqual([[['Approved', undefined, undefined]], []]);
  });

  test.each([
    ['an hour after it was denied', 'CN=jane', ['Denied'], HOUR],
    ['an hour after it was signed', 'CN=jane', ['Approved'], HOUR],
    ['a day after nobody decided', 'CN=jane', [], 24 * HOUR],
  ])('remove a request %s', async (_, subject, types, kept) => {
    await ask(subject);
    for (const type of types) await say(type);
    await plane.clock.advance(kept - 1000);
    expect(await find()).toBeDefined();
    await plane.clock.advance(2000);
    expect(await find()).toBeUndefined();
  });

  test('approve a kubelet once it has the right', async () => {
    await ask('O=system:nodes, CN=system:node:n', { signerName: SIGNERS.kubeletClient, usages: CLIENT });
    expect(await told()).toBeUndefined();
    const rbac = (kind: string) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name: 'join' } });
    const rules = [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/nodeclient'], verbs: ['create'] }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'join' };
    const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'joiner' }];
    await plane.client.create(CLUSTER_ROLES, { ...rbac('ClusterRole'), rules });
    await plane.client.create(CLUSTER_ROLE_BINDINGS, { ...rbac('ClusterRoleBinding'), roleRef, subjects });
    await plane.clock.settle();
    expect(await told()).toEqual([['Approved', 'AutoApproved', 'Auto approving kubelet client certificate after SubjectAccessReview.']]);
  });
});
