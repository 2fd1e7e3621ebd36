import { describe, expect, test } from 'vitest';
import { checkSchema, formatPath, type Manifest } from '../../src/model/index.ts';
import { kindOf } from './oracle.ts';

const container = (extra: object = {}) => ({ name: 'c', image: 'nginx', ...extra });

function pod(spec: object, metadata: object = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', ...metadata },
    spec: { containers: [container()], ...spec },
  } as unknown as Manifest;
}

const check = (object: Manifest) => checkSchema(kindOf(object)!, object);

describe('what cannot be decoded is said in the words of the Go decoder', () => {
  const into = (path: string, type: string) => `into Go struct field ${path} of type ${type}`;

  test.each<[name: string, object: Manifest, error: string]>([
    ['text for a number', pod({ priority: 'high' }), `json: cannot unmarshal string ${into('PodSpec.spec.priority', 'int32')}`],
    [
      'a fraction for a whole number',
      pod({ priority: 1.5 }),
      `json: cannot unmarshal number 1.5 ${into('PodSpec.spec.priority', 'int32')}`,
    ],
    [
      'a number that is too large',
      pod({ priority: 2 ** 31 }),
      `json: cannot unmarshal number 2147483648 ${into('PodSpec.spec.priority', 'int32')}`,
    ],
    ['text for a truth', pod({ hostNetwork: 'yes' }), `json: cannot unmarshal string ${into('PodSpec.spec.hostNetwork', 'bool')}`],
    ['an object for a list', pod({ containers: {} }), `json: cannot unmarshal object ${into('PodSpec.spec.containers', '[]v1.Container')}`],
    [
      'a list for an object',
      pod({ securityContext: [] }),
      `json: cannot unmarshal array ${into('PodSpec.spec.securityContext', 'v1.PodSecurityContext')}`,
    ],
    [
      'a number in a list of containers',
      pod({ containers: [container({ image: 1 })] }),
      `json: cannot unmarshal number ${into('Container.spec.containers.image', 'string')}`,
    ],
    ['a number as a label', pod({}, { labels: { a: 1 } }), `json: cannot unmarshal number ${into('ObjectMeta.metadata.labels', 'string')}`],
    ['no time', pod({}, { creationTimestamp: 'now' }), 'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'],
    [
      'a quantity with a strange suffix',
      pod({ overhead: { cpu: '1Q' } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['a quantity with a doubled suffix', pod({ overhead: { cpu: '1kk' } }), "unable to parse quantity's suffix"],
    ['a spec that is text', { ...pod({}), spec: 'x' }, `json: cannot unmarshal string ${into('Pod.spec', 'v1.PodSpec')}`],
  ])('%s', (_, object, error) => {
    expect(check(object).decoding).toEqual([error]);
  });

  test('bytes that are not base64', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { ok: 'eA==', bad: 'eA*=' } } as unknown as Manifest;
    expect(check(secret).decoding).toEqual(['illegal base64 data at input byte 2']);
  });
});

describe('unknown fields', () => {
  test.each<[path: string, object: Manifest]>([
    ['spec.replicaz', pod({ replicaz: 1 })],
    ['spec.containers[0].foo', pod({ containers: [container({ foo: { bar: 1 } })] })],
    ['metadata.label', pod({}, { label: {} })],
    ['spec.volumes[0].configMap.defaultmode', pod({ volumes: [{ name: 'v', configMap: { name: 'x', defaultmode: 420 } }] })],
    ['status.nope', { ...pod({}), status: { nope: true } }],
    ['specs', { ...pod({}), specs: {} }],
  ])('%s is named and left out', (path, object) => {
    const { unknown, pruned, decoding } = check(object);
    expect([unknown, decoding]).toEqual([[path], []]);
    expect(JSON.stringify(pruned)).not.toContain(path.split('.').at(-1));
  });

  test('every one is named', () => {
    expect(check(pod({ a: 1, b: 2, containers: [container({ c: 3 })] })).unknown).toEqual(['spec.containers[0].c', 'spec.a', 'spec.b']);
  });

  test('free maps and fields without a schema have none', () => {
    const { unknown, pruned } = check(pod({ nodeSelector: { any: 'thing' } }, { managedFields: [{ fieldsV1: { 'f:a': {} } }] }));
    expect(unknown).toEqual([]);
    expect(pruned.metadata.managedFields).toEqual([{ fieldsV1: { 'f:a': {} } }]);
  });
});

describe('an object is understood in one form', () => {
  test.each<[name: string, given: object, understood: object]>([
    [
      'quantities as text, in their canonical form',
      { overhead: { cpu: 1, a: '1000m', b: '0.5', c: '1024Mi', d: '1500Mi', e: '1e3' } },
      { overhead: { cpu: '1', a: '1', b: '500m', c: '1Gi', d: '1500Mi', e: '1e3' } },
    ],
    ['null as absent', { nodeName: null, tolerations: null, securityContext: null }, {}],
    ['empty texts, lists and maps as absent', { nodeName: '', tolerations: [], nodeSelector: {} }, {}],
    ['plain zeros as absent', { hostNetwork: false }, {}],
    [
      'pointers to zero as they are',
      { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 },
      { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 },
    ],
    ['an empty struct as it is', { securityContext: {}, affinity: {} }, { securityContext: {}, affinity: {} }],
    [
      'a port by number or name',
      { containers: [container({ livenessProbe: { httpGet: { port: 'http' } } })] },
      { containers: [container({ livenessProbe: { httpGet: { port: 'http' } } })] },
    ],
  ])('%s', (_, given, understood) => {
    expect(check(pod(given)).pruned['spec']).toEqual({ containers: [container()], ...understood });
  });

  test.each([
    ['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00Z'],
  ])('time %s is %s', (given, understood) => {
    expect(check(pod({}, { creationTimestamp: given })).pruned.metadata.creationTimestamp).toBe(understood);
  });

  test('exact times keep six digits', () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { renewTime: '2026-01-01T00:00:00.1234567Z' },
    } as unknown as Manifest;
    expect(check(lease).pruned['spec']).toEqual({ renewTime: '2026-01-01T00:00:00.123456Z' });
  });

  test('what was given is not changed', () => {
    const given = Object.freeze(pod({ overhead: Object.freeze({ cpu: 1 }) }));
    check(given);
    expect(given['spec']).toMatchObject({ overhead: { cpu: 1 } });
  });
});

const judge = (object: Manifest) => {
  const kind = kindOf(object)!;
  return kind.validate(kind.prepareCreate(kind.defaults(object))).map(({ path, message }) => `${formatPath(path)}: ${message}`);
};

describe('what the schema asks for beyond types', () => {
  test.each<[name: string, object: Manifest, expected: string[]]>([
    ['a required field that is missing', pod({ containers: [{ image: 'nginx' }] }), ['spec.containers[0].name: Required value']],
    [
      'a required field that no rule speaks of',
      pod({
        topologySpreadConstraints: [
          { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchExpressions: [{ key: 'a' }] } },
        ],
      }),
      ['spec.topologySpreadConstraints[0].labelSelector.matchExpressions[0].operator: Invalid value: "": not a valid selector operator'],
    ],
    [
      'a value that is not in the list',
      pod({ containers: [container({ terminationMessagePolicy: 'Never' })] }),
      ['spec.containers[0].terminationMessagePolicy: Unsupported value: "Never": supported values: "File", "FallbackToLogsOnError"'],
    ],
    [
      'a value of which a rule speaks too: once, in the words of the rule',
      pod({ restartPolicy: 'Sometimes' }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    ['a status may say anything', { ...pod({}), status: { phase: 'Odd', conditions: [{}] } }, []],
  ])('%s', (_, object, expected) => {
    expect(judge(object)).toEqual(expected);
  });

  test('a part of an object may lack anything', () => {
    const part = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { replicas: 3 } } as unknown as Manifest;
    expect(check(part)).toEqual({ decoding: [], unknown: [], problems: [], pruned: part });
    expect(judge(part)).toContain('spec.selector: Required value');
  });
});

describe('kinds with a schema of their own', () => {
  const application = (spec: object, metadata: object = {}) =>
    ({ apiVersion: 'slipway.dev/v1', kind: 'Application', metadata: { name: 'web', ...metadata }, spec }) as unknown as Manifest;

  test.each<[name: string, spec: object, problems: string[]]>([
    ['a good one', { path: 'web' }, []],
    ['a missing field', {}, ['spec.path: Required value']],
    ['a wrong type', { path: 3 }, ['spec.path: Invalid value: "integer": spec.path in body must be of type string: "integer"']],
    [
      'a value that is not in the list',
      { path: 'a', sync: 'Maybe' },
      ['spec.sync: Unsupported value: "Maybe": supported values: "Automatic", "Manual"'],
    ],
  ])('%s', (_, spec, expected) => {
    const { problems, decoding, unknown } = check(application(spec));
    expect([decoding, unknown]).toEqual([[], []]);
    expect(judge(application(spec))).toEqual(expected);
    expect(problems).toHaveLength(expected.filter((text) => text.includes('must be of type')).length);
  });

  test('metadata is decoded as every object’s is', () => {
    const { decoding, unknown } = check(application({ path: 'a', more: 1 }, { labels: { a: true }, foo: 1 }));
    expect(decoding).toEqual(['json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string']);
    expect(unknown).toEqual(['metadata.foo', 'spec.more']);
  });
});
