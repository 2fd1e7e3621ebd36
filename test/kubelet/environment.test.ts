import { describe, expect, test } from 'vitest';
import { SERVICES, type ConfigMap, type Container, type FileKeySelector, type Secret, type Service } from '../../src/model/index.ts';
import { envFileValue } from '../../src/kubelet/environment/envfile.ts';
import { expand } from '../../src/kubelet/environment/expand.ts';
import { resolveContainer } from '../../src/kubelet/environment/resolve.ts';
import { serviceLinks, serviceVariables } from '../../src/kubelet/environment/services.ts';
import type { Sources } from '../../src/kubelet/environment/sources.ts';
import type { EnvFiles } from '../../src/kubelet/volumes/envfiles.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';
import { container, pod } from './samples.ts';

const CONFIG: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg' }, data: { colour: 'blue', size: '4' } };
const SECRET: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key' },
  data: { token: Buffer.from('geheim').toString('base64') },
};
const WEB: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'my-web' },
  spec: {
    clusterIP: '127.96.0.7',
    ports: [
      { name: 'http-main', port: 80 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  },
};
const HEADLESS: Service = { ...WEB, metadata: { name: 'db' }, spec: { ...WEB.spec, clusterIP: 'None' } };
const KUBERNETES: Service = { ...WEB, metadata: { name: 'kubernetes' }, spec: { clusterIP: '127.96.0.1', ports: [{ port: 443 }] } };

const SOURCES: Sources = {
  configMap: (namespace, name) => (namespace === 'default' && name === 'cfg' ? CONFIG : undefined),
  secret: (namespace, name) => (namespace === 'default' && name === 'key' ? SECRET : undefined),
  claim: () => undefined,
  volume: () => undefined,
  serviceLinks: {
    of: (namespace) => serviceVariables(namespace === 'default' ? [WEB, HEADLESS, KUBERNETES] : []),
    api: serviceVariables([KUBERNETES]),
  },
};
const FACTS = { podIP: '127.64.0.9', hostIP: '10.0.0.1', allocatable: { cpu: '4', memory: '8Gi' } };

const OF = pod(
  { enableServiceLinks: false, serviceAccountName: 'robot' },
  { metadata: { labels: { app: 'web' }, annotations: { 'a.b/c': 'note' } } },
);

const FILES: EnvFiles = {
  made: {
    'a.env': { path: '/v/a.env', text: "A='one'\n" },
    'b.env': { path: '/v/b.env', text: 'A=one' },
    none: { path: 'none', text: undefined },
  },
};

function resolve(rest: Partial<Container>, of = OF, files: EnvFiles | undefined = FILES) {
  return resolveContainer(of, container('web', rest), FACTS, { POD_IP: FACTS.podIP }, SOURCES, files);
}

function environment(rest: Partial<Container>, of = OF) {
  const resolved = resolve(rest, of);
  if (!resolved.ok) throw new Error(resolved.message);
  return resolved.env;
}

test.each([
  ['a $(B) c', 'a 2 c'],
  ['$(MISSING)', '$(MISSING)'],
  ['$$(B)', '$(B)'],
  ['$$$(B)', '$2'],
  ['$B ${B} $', '$B ${B} $'],
  ['$(B', '$(B'],
])('%s expands to %s', (text, expanded) => {
  expect(expand(text, (name) => (name === 'B' ? '2' : undefined))).toBe(expanded);
});

test.each([
  ["A='one'", 'one'],
  ["# said\n\n \tB='x'\n\tA='one' # more\n", 'one'],
  ['A=\'$(B) \\n "two"\'', '$(B) \\n "two"'],
  ["B='x\nA=y'\nA='1\n# 2\n\n3'\r\n", '1\n# 2\n\n3'],
  ["A='=#'\nnothing", '=#'],
  ["A= 'one'\nA='two'", ''],
  ["B='one'", ''],
  ["A=''", ''],
  ['', ''],
  ['A=one', undefined],
  ['A="one"', undefined],
  ['A=', undefined],
  ["A ='one'", undefined],
  ["='one'", undefined],
  ['A', undefined],
  ["A='one'two", undefined],
  ["A='one", undefined],
  ["export B='x' y\nA='one'", undefined],
])('in the file of variables %j A is %j', (text, value) => {
  if (value === undefined) expect(() => envFileValue(text, 'A')).toThrow();
  else expect(envFileValue(text, 'A')).toBe(value);
});

describe('a variable', () => {
  test.each<[string, Partial<FileKeySelector>, string | undefined]>([
    ['is what the file says', {}, 'one'],
    ['is left out where the file does not say it and need not', { key: 'B', optional: true }, undefined],
  ])('from a file %s', (_, ref, value) => {
    const fileKeyRef = { volumeName: 'made', path: 'a.env', key: 'A', ...ref };
    expect(environment({ env: [{ name: 'X', valueFrom: { fileKeyRef } }] })['X']).toBe(value);
  });

  test.each<[string, Partial<FileKeySelector>, string]>([
    ['that does not say it', { key: 'B' }, 'environment variable key "B" not found in file "/v/a.env"'],
    ['that is not written as it should', { path: 'b.env' }, "couldn't parse env file"],
    ['that is not there', { path: 'none', optional: true }, "couldn't parse env file"],
    ['of a volume that is not there', { volumeName: 'other' }, 'cannot find the volume "other" referenced by FileKeyRef'],
  ])('from a file %s keeps the container from starting', (_, ref, message) => {
    const fileKeyRef = { volumeName: 'made', path: 'a.env', key: 'A', ...ref };
    expect(resolve({ env: [{ name: 'X', valueFrom: { fileKeyRef } }] })).toEqual({ ok: false, message });
  });

  test('from a file is left out where nothing is mounted', () => {
    const fileKeyRef = { volumeName: 'made', path: 'a.env', key: 'A' };
    const resolved = resolveContainer(OF, container('web', { env: [{ name: 'X', valueFrom: { fileKeyRef } }] }), FACTS, {}, SOURCES);
    expect(resolved.ok && resolved.env['X']).toBeUndefined();
  });

  test.each([
    ['metadata.name', 'web-1'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', 'u1'],
    ["metadata.labels['app']", 'web'],
    ["metadata.labels['none']", ''],
    ["metadata.annotations['a.b/c']", 'note'],
    ['spec.nodeName', 'n1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '127.64.0.9'],
    ['status.hostIP', '10.0.0.1'],
  ])('from the field %s is %j', (fieldPath, value) => {
    expect(environment({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })['X']).toBe(value);
  });

  test.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.cpu', '1m', '250'],
    ['limits.memory', '1Mi', '64'],
    ['limits.memory', undefined, '67108864'],
    ['requests.memory', undefined, '67108864'],
    ['requests.storage', undefined, '0'],
  ])('from the resource %s in %s is %s', (resource, divisor, value) => {
    const resources = { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } };
    expect(
      environment({ resources, env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } } }] })['X'],
    ).toBe(value);
  });

  test('of a limit that is not set is what the node has', () => {
    expect(environment({ env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] })['X']).toBe('4');
  });

  test('of a limit that its pod sets for all of them is that', () => {
    const of = pod({ resources: { limits: { cpu: '2' } } });
    const env = ['limits.cpu', 'limits.memory', 'requests.cpu'].map((resource, i) => ({
      name: `X${i}`,
      valueFrom: { resourceFieldRef: { resource } },
    }));
    expect(environment({ env }, of)).toMatchObject({ X0: '2', X1: String(8 * 2 ** 30), X2: '0' });
    expect(environment({ env, resources: { limits: { cpu: '1' } } }, of)).toMatchObject({ X0: '1' });
  });

  test('uses no more than there is, whatever JavaScript finds in every object', () => {
    expect(environment({ env: [{ name: 'X', value: '$(constructor) $(toString)' }] })['X']).toBe('$(constructor) $(toString)');
  });

  test('may use those before it, also in the command', () => {
    const resolved = resolve({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)2 $(C)' },
        { name: 'C', value: '3' },
      ],
      command: ['run', '$(B)'],
      args: ['--ip=$(POD_IP)'],
    });
    expect(resolved).toMatchObject({
      ok: true,
      env: { A: '1', B: '12 $(C)', C: '3' },
      command: ['run', '12 $(C)'],
      args: ['--ip=127.64.0.9'],
    });
  });

  test('from a ConfigMap, a Secret, all of them with a prefix; the later one wins', () => {
    const env = environment({
      envFrom: [{ configMapRef: { name: 'cfg' } }, { prefix: 'S_', secretRef: { name: 'key' } }],
      env: [
        { name: 'size', value: '5' },
        { name: 'C', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'colour' } } },
        { name: 'T', valueFrom: { secretKeyRef: { name: 'key', key: 'token' } } },
        { name: 'NONE', valueFrom: { secretKeyRef: { name: 'key', key: 'none', optional: true } } },
      ],
    });
    expect(env).toEqual({
      POD_IP: '127.64.0.9',
      ...KUBERNETES_VARIABLES,
      colour: 'blue',
      size: '5',
      S_token: 'geheim',
      C: 'blue',
      T: 'geheim',
    });
  });

  const KUBERNETES_VARIABLES = {
    KUBERNETES_SERVICE_HOST: '127.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_PORT: 'tcp://127.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://127.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '127.96.0.1',
  };

  test('tells of the services of the namespace, except of headless ones', () => {
    const env = environment({}, pod());
    expect(env).toMatchObject({
      MY_WEB_SERVICE_HOST: '127.96.0.7',
      MY_WEB_SERVICE_PORT: '80',
      MY_WEB_SERVICE_PORT_HTTP_MAIN: '80',
      MY_WEB_SERVICE_PORT_DNS: '53',
      MY_WEB_PORT: 'tcp://127.96.0.7:80',
      MY_WEB_PORT_53_UDP: 'udp://127.96.0.7:53',
      MY_WEB_PORT_53_UDP_PROTO: 'udp',
    });
    expect(Object.keys(env).filter((name) => name.startsWith('DB_'))).toEqual([]);
  });

  test('is put together anew when a service comes, changes or goes', async () => {
    const { client, clock } = await controlPlane();
    const links = serviceLinks(client.informer(SERVICES));
    const host = () => [links.of('default')['WEB_SERVICE_HOST'], links.of('other')['WEB_SERVICE_HOST']];
    expect(host()).toEqual([undefined, undefined]);
    await client.create(SERVICES, service('web', { clusterIP: '127.96.0.8' }));
    await clock.settle();
    expect(host()).toEqual(['127.96.0.8', undefined]);
    expect(links.of('default')).toBe(links.of('default'));
    const port = { type: 'merge', patch: { spec: { ports: [{ port: 81, protocol: 'TCP' }] } } } as const;
    await client.patch({ kind: SERVICES, name: 'web', namespace: 'default' }, port);
    await clock.settle();
    expect(links.of('default')['WEB_SERVICE_PORT']).toBe('81');
    expect(links.api).toEqual({});
    await client.create(SERVICES, service('kubernetes', { clusterIP: '127.96.0.1' }));
    await clock.settle();
    expect(links.api).toMatchObject({ KUBERNETES_SERVICE_HOST: '127.96.0.1' });
    await client.delete({ kind: SERVICES, name: 'web', namespace: 'default' });
    await clock.settle();
    expect(host()).toEqual([undefined, undefined]);
  });

  test.each<[Partial<Container>, string, string | undefined]>([
    [
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'no', key: 'x' } } }] },
      'configmap "no" not found',
      'configmap/default/no',
    ],
    [
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'x' } } }] },
      "couldn't find key x in ConfigMap default/cfg",
      'configmap/default/cfg',
    ],
    [{ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'no', key: 'x' } } }] }, 'secret "no" not found', 'secret/default/no'],
    [
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'key', key: 'x' } } }] },
      "couldn't find key x in Secret default/key",
      'secret/default/key',
    ],
    [{ envFrom: [{ configMapRef: { name: 'no' } }] }, 'configmap "no" not found', 'configmap/default/no'],
    [{ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'spec.moon' } } }] }, 'field label not supported: spec.moon', undefined],
  ])('that cannot be had (%j): %s', (rest, message, waitsFor) => {
    const resolved = resolve(rest);
    expect(resolved).toEqual({ ok: false, message, ...(waitsFor ? { waitsFor } : {}) });
  });

  test('that is optional is left out', () => {
    expect(resolve({ envFrom: [{ secretRef: { name: 'no', optional: true } }] })).toMatchObject({ ok: true });
  });
});
