import { beforeAll, describe, expect, test } from 'vitest';
import { readRequest, SIGNERS, type CertificateSigningRequest, type Manifest } from '../../src/model/index.ts';
import { selfSigned, certificateRequest } from '../tools/certificate.ts';
import { registry } from './oracle.ts';
import { problemsOf, told } from './problems.ts';

const KIND = registry.byApiVersion('certificates.k8s.io/v1', 'CertificateSigningRequest')!;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('of a request is read', () => {
  test.each<[string, string, Parameters<typeof certificateRequest>[1], object]>([
    ['its subject', 'O=dev, O=ops, CN=jane', {}, { commonName: 'jane', organizations: ['dev', 'ops'], alternatives: [] }],
    ['the last of its common names', 'CN=admin, CN=jane', {}, { commonName: 'jane', organizations: [] }],
    ['of which kinds its other names are', 'CN=n', { names: [{ type: 'dns', value: 'n' }, { type: 'ip', value: '10.0.0.1' }] }, { alternatives: ['dns', 'ip'] }],
    ['what is not written in ASCII', 'O=Ärzte, CN=Zoë', {}, { commonName: 'Zoë', organizations: ['Ärzte'] }],
    ['nothing where it says nothing', '', {}, { commonName: '', organizations: [] }],
  ])('%s', async (_, subject, more, wanted) => {
    const read = readRequest(base64(await certificateRequest(subject, more)));
    if (!read.ok) throw new Error(read.error);
    expect({ ...read.subject, alternatives: [...read.subject.alternatives] }).toMatchObject(wanted);
  }); // prettier-ignore
});

const good = { signerName: SIGNERS.client, usages: ['client auth'] };

describe('a request is signed with its own key:', () => {
  test.each(['ec', 'rsa', 'ed25519'] as const)('%s', async (key) => {
    const request = await certificateRequest('CN=jane', { key });
    expect(problemsOf('CertificateSigningRequest', { ...good, request: base64(request) }, {}, 'certificates.k8s.io/v1')).toEqual([]);
    const der = Buffer.from(request.split('\n').slice(1, -1).join(''), 'base64');
    der[der.indexOf('jane')] = 'J'.charCodeAt(0);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const [problem] = problemsOf('CertificateSigningRequest', { ...good, request: base64(forged) }, {}, 'certificates.k8s.io/v1');
    expect(problem).toMatch(/verification (failure|error)$/);
  });
});

describe('refused is', () => {
  let request: string;
  beforeAll(async () => void (request = base64(await certificateRequest('CN=jane'))));
  const pem = (body: string, type = 'CERTIFICATE REQUEST') => base64(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`);
  const said = (spec: object) => problemsOf('CertificateSigningRequest', { request, ...good, ...spec }, {}, 'certificates.k8s.io/v1');
  const path = (name: string) => `spec.signerName: Invalid value: "${name}"`;

  test.each<[string, object, string[]]>([
    ['nothing of what is right', { expirationSeconds: 600 }, []],
    ['what is no PEM', { request: 'YWJj' }, ['spec.request: Invalid value: "YWJj": PEM block type must be CERTIFICATE REQUEST']],
    ['no request at all', { request: undefined }, ['spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST']],
    ['what nobody is to use it for', { usages: [] }, ['spec.usages: Required value']],
    ['a usage twice', { usages: ['client auth', 'client auth'] }, ['spec.usages[1]: Duplicate value: "client auth"']],
    ['a time too short', { expirationSeconds: 599 }, ['spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)']],
    ['no signer', { signerName: '' }, ['spec.signerName: Required value']],
    ['the signer of old', { signerName: 'kubernetes.io/legacy-unknown' }, [`${path('kubernetes.io/legacy-unknown')}: the legacy signerName is not allowed via this API version`]],
    ['a signer without a domain', { signerName: 'signer' }, [`${path('signer')}: must be a fully qualified domain and path of the form 'example.com/signer-name'`]],
    ['a signer of a short domain', { signerName: 'io/x' }, [`${path('io')}: should be a domain with at least two segments separated by dots`]],
  ])('%s', (_, spec, problems) => expect(said(spec)).toEqual(problems)); // prettier-ignore

  test.each([
    ['another block', () => pem('YWJj', 'CERTIFICATE'), 'PEM block type must be CERTIFICATE REQUEST'],
    ['what is no ASN.1', () => pem('YWJj'), 'asn1: structure error: '],
    ['a part of a request', () => pem(Buffer.from(request, 'base64').toString().split('\n')[1]!), 'asn1: structure error: '],
    [
      'many small parts',
      () => pem(Buffer.alloc(300_000, '0500', 'hex').toString('base64')),
      'asn1: structure error: longer than 65536 bytes',
    ],
  ])('%s', (_, text, problem) => expect(said({ request: text() })[0]).toContain(`: ${problem}`));

  test('a usage that nobody knows', () => {
    expect(said({ usages: ['client auth', 'flying'] })).toEqual([expect.stringMatching(/^spec\.usages\[1\]: Unsupported value: "flying": supported values: "any", "cert sign", /)]); // prettier-ignore
  });
});

const is = (type: string, more: object = {}) => ({ type, status: 'True', ...more });

/** What a door makes of a status, or refuses of it. */
function through(door: string, old: object, wanted: object): unknown {
  const of = (status: object) => ({ metadata: { name: 'x' }, spec: { signerName: 'a.b/c' }, status }) as unknown as Manifest;
  const part = KIND.parts[door]!;
  const made = part.take(of(wanted), of(old));
  const problems = told(part.validate(made, of(old)));
  return problems.length > 0 ? problems : (made as unknown as CertificateSigningRequest).status;
}

const CONDITIONS = 'status.conditions';
const REMOVED = (type: string) => `${CONDITIONS}: Forbidden: updates may not remove a condition of type "${type}"`;

test.each<[string, object, object, unknown]>([
  ['approves', {}, { conditions: [is('Approved')] }, { conditions: [is('Approved')] }],
  ['brings no certificate', {}, { conditions: [is('Denied')], certificate: 'YWJj' }, { conditions: [is('Denied')] }],
  ['leaves the one that is there', { certificate: 'YWJj' }, { conditions: [is('Approved')] }, { conditions: [is('Approved')], certificate: 'YWJj' }],
  ['takes nothing back', { conditions: [is('Approved')] }, {}, [REMOVED('Approved')]],
  ['says nothing to be false', {}, { conditions: [is('Approved', { status: 'False' })] }, [`${CONDITIONS}[0].status: Unsupported value: "False": supported values: "True"`]],
  ['does not approve what is denied', { conditions: [is('Denied')] }, { conditions: [is('Denied'), is('Approved')] }, [`${CONDITIONS}: Invalid value: "Approved": Approved and Denied conditions are mutually exclusive`]],
  ['says nothing twice', {}, { conditions: [is('Odd'), is('Odd')] }, [`${CONDITIONS}[1].type: Duplicate value: "Odd"`]],
  ['says something', {}, { conditions: [{ type: '', status: '' }] }, [`${CONDITIONS}[0].type: Required value`, `${CONDITIONS}[0].status: Required value`]],
])('who approves %s', (_, old, wanted, outcome) => expect(through('approval', old, wanted)).toEqual(outcome)); // prettier-ignore

test.each<[string, object, object, unknown]>([
  ['says that it failed', { conditions: [is('Approved')] }, { conditions: [is('Approved'), is('Failed')] }, { conditions: [is('Approved'), is('Failed')] }],
  ['does not approve', {}, { conditions: [is('Approved')] }, [`${CONDITIONS}: Forbidden: updates may not add a condition of type "Approved"`]],
  ['leaves what was approved as it is', { conditions: [is('Approved', { message: 'a' })] }, { conditions: [is('Approved', { message: 'b' })] }, { conditions: [is('Approved', { message: 'a' })] }],
  ['takes nothing back', { conditions: [is('Approved'), is('Failed')] }, { conditions: [] }, [REMOVED('Approved'), REMOVED('Failed')]],
  ['brings certificates alone', {}, { certificate: 'YWJj' }, ['status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block']],
  ['brings no other certificate later', { certificate: 'YWJj' }, {}, ['status.certificate: Forbidden: updates may not modify existing certificate content']],
])('who signs %s', (_, old, wanted, outcome) => expect(through('status', old, wanted)).toEqual(outcome)); // prettier-ignore

test('who signs brings what can be read', async () => {
  const { cert, key } = await selfSigned('x');
  const given = (text: string) => through('status', {}, { certificate: base64(text) });
  expect(given(`chain:\n${cert}\n${cert}`)).toEqual({ certificate: base64(`chain:\n${cert}\n${cert}`) });
  expect(given(`${cert}\n${key}`)).toEqual([expect.stringContaining('only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"')]);
  expect(given(cert.replace('\n', '\nA: b\n\n'))).toEqual([expect.stringContaining('no PEM block headers are permitted')]);
  expect(given('-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n')).toEqual([
    expect.stringContaining('x509: malformed certificate'),
  ]);
});

test.each<[string, object, string]>([
  ['nobody has decided', {}, 'Pending'],
  ['approved', { conditions: [is('Approved')] }, 'Approved'],
  ['signed', { conditions: [is('Approved')], certificate: 'YWJj' }, 'Approved,Issued'],
  ['not signed', { conditions: [is('Approved'), is('Failed')] }, 'Approved,Failed'],
  ['denied', { conditions: [is('Denied')] }, 'Denied'],
])('the table tells of a request: %s', (_, status, condition) => {
  const metadata = { name: 'jane', creationTimestamp: '2026-01-01T00:00:00Z' };
  const spec = { signerName: 'a.b/c', username: 'root', expirationSeconds: 86_400 };
  const row = KIND.row({ metadata, spec, status } as unknown as Manifest, { now: () => Date.parse('2026-01-01T00:00:09Z') } as never);
  expect(row).toEqual(['jane', '9s', 'a.b/c', 'root', '24h', condition]);
});
