import * as fc from 'fast-check';
import { Writer } from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { StatusError } from '../../../src/base/index.ts';
import { decodeBody, decodeObject } from '../../../src/apiserver/http/body.ts';
import { decodeProtobuf, PROTOBUF } from '../../../src/apiserver/http/protobuf/index.ts';
import { CONFIG_MAP, fakeKind } from './fake.ts';
import { encodeBody, envelope, tag } from './protobuf-encode.ts';

const POD = { kind: 'Pod', apiVersion: 'v1' };

const decoded = (object: Parameters<typeof encodeBody>[0]) => decodeProtobuf(encodeBody(object));

/** A Pod whose bytes are these. */
const pod = (write: (writer: Writer) => Writer) => envelope({ ...POD, raw: Buffer.from(write(new Writer()).finish()) });
/** A ConfigMap whose data is this map's member. */
const member = (write: (writer: Writer) => Writer) =>
  envelope({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    raw: Buffer.from(new Writer().uint32(tag(2, 2)).bytes(write(new Writer()).finish()).finish()),
  });

describe('what Go would write as JSON', () => {
  test.each([
    [
      'a pointer to zero is kept, a missing one left out, required zeros are there',
      { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web' }, spec: { replicas: 0, template: {} } },
      {
        metadata: { name: 'web' },
        spec: { replicas: 0, selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
        status: {},
      },
    ],
    [
      'what Go omits when it is empty is left out',
      { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: '', generation: 0 }, data: {}, immutable: false },
      { metadata: {}, immutable: false },
    ],
    [
      'bytes are base64, an empty member of a map stays',
      { kind: 'Secret', apiVersion: 'v1', metadata: {}, data: { a: 'aGk=', empty: '' }, type: 'Opaque' },
      { metadata: {}, data: { a: 'aGk=', empty: '' }, type: 'Opaque' },
    ],
    [
      'times have no fraction, micro times six digits, a zero time is null',
      {
        kind: 'Event',
        apiVersion: 'v1',
        metadata: { creationTimestamp: '2026-11-21T05:00:00.5Z' },
        eventTime: '2026-11-21T05:00:00.000012Z',
        firstTimestamp: '1970-01-01T00:00:00Z',
        lastTimestamp: '0001-01-01T00:00:00Z',
      },
      {
        metadata: { creationTimestamp: '2026-11-21T05:00:00Z' },
        involvedObject: {},
        source: {},
        eventTime: '2026-11-21T05:00:00.000012Z',
        firstTimestamp: null,
        lastTimestamp: null,
        reportingComponent: '',
        reportingInstance: '',
      },
    ],
    [
      'a port is a number or a name, a quantity the text that was sent',
      {
        kind: 'Service',
        apiVersion: 'v1',
        metadata: {},
        spec: { ports: [{ port: 80, targetPort: 'http' }, { port: 81, targetPort: 8081 }, { port: 82 }] },
      },
      {
        metadata: {},
        spec: {
          ports: [
            { port: 80, targetPort: 'http' },
            { port: 81, targetPort: 8081 },
            { port: 82, targetPort: 0 },
          ],
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'inlined messages, quantities, negative and large numbers',
      {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: {},
        spec: {
          priority: -5,
          activeDeadlineSeconds: 9_007_199_254_740_991,
          volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
          containers: [{ name: 'c', resources: { limits: { cpu: '500m', memory: '1Gi' } }, livenessProbe: { tcpSocket: { port: 1 } } }],
          securityContext: { supplementalGroups: [1, 2, 300] },
        },
      },
      {
        metadata: {},
        spec: {
          priority: -5,
          activeDeadlineSeconds: 9_007_199_254_740_991,
          volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
          containers: [{ name: 'c', resources: { limits: { cpu: '500m', memory: '1Gi' } }, livenessProbe: { tcpSocket: { port: 1 } } }],
          securityContext: { supplementalGroups: [1, 2, 300] },
        },
        status: {},
      },
    ],
    [
      'free values stay as they were written',
      {
        kind: 'ControllerRevision',
        apiVersion: 'apps/v1',
        metadata: { managedFields: [{ manager: 'm', fieldsV1: { 'f:data': { '.': {} } } }] },
        data: { spec: { any: [1, 'two', null] } },
        revision: 3,
      },
      {
        metadata: { managedFields: [{ manager: 'm', fieldsV1: { 'f:data': { '.': {} } } }] },
        data: { spec: { any: [1, 'two', null] } },
        revision: 3,
      },
    ],
    [
      'schemas that are one of several types',
      {
        kind: 'CustomResourceDefinition',
        apiVersion: 'apiextensions.k8s.io/v1',
        metadata: {},
        spec: {
          group: 'example.dev',
          versions: [
            {
              name: 'v1',
              schema: {
                openAPIV3Schema: {
                  minimum: 0.5,
                  default: { a: [true] },
                  enum: ['x', 1, null],
                  items: { type: 'string' },
                  additionalProperties: { type: 'integer' },
                  additionalItems: false,
                  dependencies: { a: ['b'], c: { type: 'object' } },
                  properties: { p: { items: [{ type: 'string' }], additionalProperties: true } },
                },
              },
            },
          ],
        },
      },
      {
        metadata: {},
        spec: {
          group: 'example.dev',
          names: { plural: '', kind: '' },
          scope: '',
          versions: [
            {
              name: 'v1',
              served: false,
              storage: false,
              schema: {
                openAPIV3Schema: {
                  minimum: 0.5,
                  default: { a: [true] },
                  enum: ['x', 1, null],
                  items: { type: 'string' },
                  additionalProperties: { type: 'integer' },
                  additionalItems: false,
                  dependencies: { a: ['b'], c: { type: 'object' } },
                  properties: { p: { items: [{ type: 'string' }], additionalProperties: true } },
                },
              },
            },
          ],
        },
        status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: null },
      },
    ],
    [
      'a list as the member of a map',
      {
        kind: 'TokenReview',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: {},
        status: { user: { extra: { a: ['b', 'c'], none: [] } } },
      },
      { metadata: {}, spec: {}, status: { user: { extra: { a: ['b', 'c'], none: null } } } },
    ],
    [
      'options of a delete, whatever their group',
      { kind: 'DeleteOptions', apiVersion: 'apps/v1', gracePeriodSeconds: 0 },
      { gracePeriodSeconds: 0 },
    ],
  ])('%s', (_, { kind, apiVersion, ...sent }, expected) => {
    expect(decoded({ kind, apiVersion, ...sent })).toStrictEqual({ kind, apiVersion, ...expected });
  });

  test('a message in parts is one, of a scalar the last counts', () => {
    const part = (write: (writer: Writer) => Writer) => write(new Writer()).finish();
    const body = pod((writer) =>
      writer
        .uint32(tag(1, 2))
        .bytes(part((meta) => meta.uint32(tag(1, 2)).string('first').uint32(tag(3, 2)).string('space')))
        .uint32(tag(1, 2))
        .bytes(part((meta) => meta.uint32(tag(1, 2)).string('last'))),
    );
    expect(decodeProtobuf(body)['metadata']).toEqual({ name: 'last', namespace: 'space' });
  });

  test('numbers may come packed', () => {
    const groups = new Writer().int64(1).int64(-2).finish();
    const context = new Writer().uint32(tag(4, 2)).bytes(groups).finish();
    const body = pod((writer) => writer.uint32(tag(2, 2)).bytes(new Writer().uint32(tag(14, 2)).bytes(context).finish()));
    expect(decodeProtobuf(body)['spec']).toMatchObject({ securityContext: { supplementalGroups: [1, -2] } });
  });

  test('a key named __proto__ is a key like others', () => {
    const data = JSON.parse('{ "__proto__": "a" }') as object;
    expect(Object.entries(decoded({ kind: 'ConfigMap', apiVersion: 'v1', metadata: {}, data })['data'] as object)).toEqual([
      ['__proto__', 'a'],
    ]);
  });

  test('a removed field that old clients always send says nothing when it is empty', () => {
    const metadata = new Writer().uint32(tag(1, 2)).string('p').uint32(tag(15, 2)).string('').finish();
    expect(decodeProtobuf(pod((writer) => writer.uint32(tag(1, 2)).bytes(metadata)))['metadata']).toEqual({ name: 'p' });
  });
});

const nested = (depth: number): object => (depth === 0 ? {} : { not: nested(depth - 1) });
const deepSchema = () =>
  encodeBody({
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: { versions: [{ schema: { openAPIV3Schema: nested(200) } }] },
  });

describe('refuses with 400', () => {
  test.each([
    ['no bytes', () => Buffer.alloc(0), "does not begin with 'k8s'"],
    ['JSON', () => Buffer.from('{"kind":"Pod"}'), "does not begin with 'k8s'"],
    ['no envelope', () => Buffer.from('k8s\0'), "Object 'Kind' is missing"],
    ['no kind', () => envelope({ apiVersion: 'v1' }), "Object 'Kind' is missing"],
    ['no version', () => envelope({ kind: 'Pod' }), "Object 'apiVersion' is missing"],
    ['an unknown kind', () => envelope({ kind: 'Widget', apiVersion: 'example.dev/v1' }), 'no kind "Widget" of "example.dev/v1"'],
    ['a type that is no kind', () => envelope({ kind: 'PodSpec', apiVersion: 'v1' }), 'no kind "PodSpec" of "v1"'],
    ['a content encoding', () => envelope({ ...POD, encoding: 'gzip' }), 'the content encoding gzip'],
    ['an unknown field', () => pod((writer) => writer.uint32(tag(99, 0)).uint32(1)), 'core.v1.Pod has a field 99'],
    [
      'an unknown field further down',
      () => pod((writer) => writer.uint32(tag(2, 2)).bytes(new Writer().uint32(tag(77, 2)).string('').finish())),
      'core.v1.PodSpec has a field 77',
    ],
    ['an unknown field of a member', () => member((writer) => writer.uint32(tag(3, 2)).string('')), 'core.v1.ConfigMap.data has a field 3'],
    [
      'a removed field that is set',
      () => pod((writer) => writer.uint32(tag(1, 2)).bytes(new Writer().uint32(tag(15, 2)).string('east').finish())),
      'it sets clusterName',
    ],
    ['another wire type', () => pod((writer) => writer.uint32(tag(1, 0)).uint32(1)), 'the field 1 (metadata) of core.v1.Pod'],
    ['a wire type that is none', () => pod((writer) => writer.uint32(tag(1, 3))), 'wire type 3'],
    ['field 0', () => pod((writer) => writer.uint32(tag(0, 2)).string('')), 'a field 0'],
    ['a length beyond the end', () => pod((writer) => writer.uint32(tag(1, 2)).uint32(1_000_000)), 'index out of range'],
    ['an endless number', () => pod((writer) => writer.uint32(tag(1, 2)).fixed64(-1).fixed64(-1)), 'cannot be decoded'],
    ['text that is no UTF-8', () => member((writer) => writer.uint32(tag(1, 2)).bytes(Buffer.from([0xff]))), 'UTF-8'],
    [
      'a free value that is no JSON',
      () => envelope({ kind: 'ControllerRevision', apiVersion: 'apps/v1', raw: Buffer.from([0x12, 3, 0x0a, 1, 0x7b]) }),
      'is no JSON',
    ],
    [
      'a number that JSON has not',
      () =>
        encodeBody({
          kind: 'CustomResourceDefinition',
          apiVersion: 'apiextensions.k8s.io/v1',
          spec: { versions: [{ schema: { openAPIV3Schema: { minimum: Number.NaN } } }] },
        }),
      'no number NaN',
    ],
    [
      'a time after the last',
      () =>
        pod((writer) =>
          writer.uint32(tag(1, 2)).bytes(
            new Writer()
              .uint32(tag(8, 2))
              .bytes(new Writer().uint32(tag(1, 0)).int64(9e15).finish())
              .finish(),
          ),
        ),
      'are no time',
    ],
    ['too deep a message', deepSchema, 'more than 100 levels deep'],
    [
      'too many messages',
      () => pod((writer) => writer.uint32(tag(2, 2)).bytes(Buffer.alloc(400_000, Buffer.from([tag(2, 2), 0])))),
      'more than 100000 messages',
    ],
  ])('%s', (_, body, why) => {
    expect(refusalOf(body())).toMatchObject({ reason: 'BadRequest', message: expect.stringContaining(why) });
  });
});

function refusalOf(body: Buffer): unknown {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    return error;
  }
}

describe('whatever comes', () => {
  const DEPLOYMENT = encodeBody({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web', labels: { app: 'web' }, creationTimestamp: '2026-11-21T05:00:00Z' },
    spec: {
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
      template: {
        spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }], securityContext: { supplementalGroups: [1] } },
      },
    },
  });
  const isAnswer = (body: Buffer) => {
    const answer = refusalOf(body);
    return answer instanceof StatusError ? answer.reason === 'BadRequest' : !(answer instanceof Error);
  };

  test('a body that ends too early is refused', () => {
    const typeOnly = envelope({ kind: 'Deployment', apiVersion: 'apps/v1' }).length - 2;
    for (let end = 0; end < DEPLOYMENT.length; end++) {
      // Between the type and the object an envelope may end: the object has nothing set.
      if (end !== typeOnly) expect(refusalOf(DEPLOYMENT.subarray(0, end)), `cut at ${end}`).toBeInstanceOf(StatusError);
    }
  });

  test('bytes that were changed are read or refused', () => {
    const change = fc.tuple(fc.nat(DEPLOYMENT.length - 5), fc.uint8Array({ minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const body = Buffer.from(DEPLOYMENT);
        for (const [at, bytes] of changes) body.set(bytes, 4 + Math.min(at, body.length - 4 - bytes.length));
        return isAnswer(body);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  test('random bytes are read or refused', () => {
    const raw = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(raw, (bytes) => isAnswer(envelope({ ...POD, raw: bytes }))),
      { numRuns: 2_000, seed: 2 },
    );
  });
});

describe('as the body of a request', () => {
  const body = encodeBody({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: 'c' } });

  test('has its own content type', () => {
    expect(decodeBody(PROTOBUF, body)).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { b: 'c' } });
  });

  test('is an object of a built-in kind, not of a custom one', () => {
    const place = { namespace: 'default', name: 'a', subresource: undefined };
    expect(decodeObject({ kind: CONFIG_MAP, ...place }, PROTOBUF, body)).toMatchObject({ data: { b: 'c' } });
    const custom = fakeKind('Widget', { group: 'example.dev', schema: { custom: () => ({}) } });
    const refusal = 'accepted media types include: application/json, application/yaml';
    expect(() => decodeObject({ kind: custom, ...place }, PROTOBUF, body)).toThrow(new RegExp(`${refusal}$`));
  });

  test('CBOR is refused', () => {
    expect(() => decodeBody('application/cbor', body)).toThrow('application/json, application/yaml, application/vnd.kubernetes.protobuf');
  });
});
