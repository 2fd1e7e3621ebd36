import { beforeEach, describe, expect, test } from 'vitest';
import { SIGNERS } from '../../../src/model/index.ts';
import { certificateRequest, selfSigned } from '../../tools/certificate.ts';
import { realm } from './realm.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const GROUP = 'certificates.k8s.io';

const may = (verbs: string[], ...resources: string[]) => ({ apiGroups: [GROUP], resources, verbs });
const speak = (verb: string, ...resourceNames: string[]) => ({ ...may([verb], 'signers'), resourceNames });

let cluster: Awaited<ReturnType<typeof realm>>;
beforeEach(async () => void (cluster = await realm()));

async function asked(who: string, subject: string, spec: object = {}, metadata: object = {}) {
  const request = Buffer.from(await certificateRequest(subject)).toString('base64');
  const body = { metadata: { name: 'x', ...metadata }, spec: { request, signerName: SIGNERS.client, usages: ['client auth'], ...spec } };
  return cluster.ask(who, `POST ${REQUESTS}`, body);
}

const condition = { type: 'Approved', status: 'True', reason: 'Fine' };
const refused = (verb: string) =>
  `certificatesigningrequests.${GROUP} "x" is forbidden: user not permitted to ${verb} requests with signerName "${SIGNERS.client}"`;

test('who asks for a certificate is told by the server', async () => {
  await cluster.grant('jane', may(['create'], 'certificatesigningrequests'));
  const { code, value } = await asked('jane', 'CN=root', { username: 'root', groups: ['system:masters'], extra: { a: ['b'] } });
  expect([code, value.spec.username, value.spec.uid, value.spec.groups]).toEqual([201, 'jane', '1001', ['dev', 'ops', 'system:authenticated']]); // prettier-ignore
  expect([value.spec.extra, value.status]).toEqual([undefined, {}]);
  expect(value.metadata.managedFields).toBeUndefined();
});

test('nobody asks to be an administrator', async () => {
  const { code, value } = await asked('root', 'O=dev, O=system:masters, CN=eve');
  expect([code, value.message]).toEqual([
    403,
    `certificatesigningrequests.${GROUP} "x" is forbidden: use of ${SIGNERS.client} signer with system:masters group is not allowed`,
  ]);
  expect((await asked('root', 'O=system:masters, CN=eve', { signerName: 'example.com/own' })).code).toBe(201);
});

test('what is asked for never changes', async () => {
  const { value } = await asked('root', 'CN=x');
  const changes = { metadata: { labels: { a: 'b' } }, spec: { signerName: 'example.com/own' }, status: { conditions: [condition] } };
  const changed = await cluster.ask('root', `PATCH ${REQUESTS}/x`, changes);
  expect(changed.value).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: value.spec, status: {} });
});

describe('an approval is', () => {
  const WRITER = may(['patch'], 'certificatesigningrequests/approval');
  test.each<[string, object[], string]>([
    ['refused to who may only write it', [], refused('approve')],
    ['refused to who may approve for others', [speak('approve', SIGNERS.kubeletClient)], refused('approve')],
    ['taken from who may approve for the signer', [speak('approve', SIGNERS.client)], ''],
    ['taken from who may for all of its domain', [speak('approve', 'kubernetes.io/*')], ''],
    ['refused to who may sign', [speak('sign', SIGNERS.client)], refused('approve')],
  ])('%s', async (_, rights, why) => {
    await asked('root', 'CN=x');
    await cluster.grant('jane', WRITER, ...rights);
    const { code, value } = await cluster.ask('jane', `PATCH ${REQUESTS}/x/approval`, { status: { conditions: [condition] } });
    expect([code, value.message ?? '']).toEqual([why ? 403 : 200, why]);
    const now = '2026-01-01T00:00:00Z';
    if (!why) expect(value.status.conditions).toEqual([{ ...condition, lastUpdateTime: now, lastTransitionTime: now }]);
  });
});

describe('a certificate is', () => {
  test.each<[string, object[], string]>([
    ['refused from who may only write it', [], refused('sign')],
    ['taken from who may sign for the signer', [speak('sign', SIGNERS.client)], ''],
  ])('%s', async (_, rights, why) => {
    await asked('root', 'CN=x');
    await cluster.grant('jane', may(['patch'], 'certificatesigningrequests/status'), ...rights);
    const certificate = Buffer.from((await selfSigned('x')).cert).toString('base64');
    const { code, value } = await cluster.ask('jane', `PATCH ${REQUESTS}/x/status`, { status: { certificate } });
    expect([code, value.message ?? '']).toEqual([why ? 403 : 200, why]);
    // What says nothing new needs no right to sign.
    expect((await cluster.ask('jane', `PATCH ${REQUESTS}/x/status`, { metadata: { labels: { a: 'b' } } })).code).toBe(200);
  });
});

test('each door owns what it is for', async () => {
  await asked('root', 'CN=x', {}, { labels: { a: 'b' } });
  await cluster.ask('root', `PATCH ${REQUESTS}/x/approval`, { status: { conditions: [condition] } });
  const certificate = Buffer.from((await selfSigned('x')).cert).toString('base64');
  const { value } = await cluster.ask('root', `PATCH ${REQUESTS}/x/status`, { status: { certificate } });
  const owned = value.metadata.managedFields.map((entry: { subresource: string; fieldsV1: object }) => [entry.subresource, entry.fieldsV1]);
  expect(Object.fromEntries(owned)).toMatchObject({
    approval: { 'f:status': { 'f:conditions': { 'k:{"type":"Approved"}': { '.': {}, 'f:reason': {} } } } },
    status: { 'f:status': { 'f:certificate': {} } },
  });
});
