import { describe, expect, test } from 'vitest';
import { deepFreeze } from '../../src/base/index.ts';
import { formatPath, type Kind, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

interface Subject {
  readonly kind: Kind;
  readonly old: Manifest;
}

function subject(apiVersion: string, kind: string, body: object, metadata: object = {}): Subject {
  const found = registry.byApiVersion(apiVersion, kind)!;
  const object = { apiVersion, kind, metadata: { name: 'x', ...(found.namespaced ? { namespace: 'default' } : {}), ...metadata }, ...body };
  return { kind: found, old: deepFreeze(found.prepareCreate(found.defaults(object as unknown as Manifest))) };
}

/** What an update says: `field: message`. */
function update({ kind, old }: Subject, change: (old: any) => object): string[] {
  const object = deepFreeze(kind.prepareUpdate(kind.defaults(change(old) as Manifest), old));
  return kind.validate(object, old).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const deployment = () => subject('apps/v1', 'Deployment', { spec: { selector: { matchLabels: { app: 'a' } }, template } });
const pod = (spec: object = {}) => subject('v1', 'Pod', { spec: { ...template.spec, ...spec } });
const service = (spec: object = {}) =>
  subject('v1', 'Service', { spec: { ports: [{ port: 80 }], clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ...spec } });

const withSpec = (spec: object) => (old: any) => ({ ...old, spec: { ...old.spec, ...spec } });

describe('what may not change', () => {
  test('the selector of a deployment', () => {
    const labels = { app: 'q' };
    expect(update(deployment(), withSpec({ selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } }))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"q"}}: field is immutable',
    ]);
  });

  test('name and uid of anything', () => {
    const given = subject('v1', 'ConfigMap', {}, { uid: 'u' });
    expect(update(given, (old) => ({ ...old, metadata: { ...old.metadata, uid: 'v' } }))).toEqual([
      'metadata.uid: Invalid value: "v": field is immutable',
    ]);
  });

  test.each<[name: string, spec: object, expected: string[]]>([
    ['the image may', { containers: [{ name: 'c', image: 'nginx:2', imagePullPolicy: 'Always' }] }, []],
    ['a toleration may be added', { tolerations: [{ key: 'a', operator: 'Exists' }] }, []],
    [
      'a command may not',
      { containers: [{ name: 'c', image: 'nginx', command: ['x'] }] },
      ['spec: Forbidden: pod updates may not change fields other than'],
    ],
    ['a label of the node may not', { nodeSelector: { a: 'b' } }, ['spec: Forbidden: pod updates may not change fields other than']],
    [
      'a container may not be added',
      {
        containers: [
          { name: 'c', image: 'nginx' },
          { name: 'd', image: 'd' },
        ],
      },
      [
        'spec.containers: Forbidden: pod updates may not add or remove containers',
        'spec: Forbidden: pod updates may not change fields other than',
      ],
    ],
    ['a deadline may be set', { activeDeadlineSeconds: 5 }, []],
  ])('of a pod: %s', (_, spec, expected) => {
    expect(update(pod(), withSpec(spec)).map((text) => expected.find((start) => text.startsWith(start)) ?? text)).toEqual(expected);
  });

  test('a gate of a pod may be taken away, not added', () => {
    expect(update(pod({ schedulingGates: [{ name: 'a' }] }), withSpec({ schedulingGates: [] }))).toEqual([]);
    expect(update(pod(), withSpec({ schedulingGates: [{ name: 'a' }] }))).toEqual([
      'spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gates',
    ]);
  });

  const must = 'requiredDuringSchedulingIgnoredDuringExecution';
  const like = 'preferredDuringSchedulingIgnoredDuringExecution';
  const has = (key: string) => ({ key, operator: 'Exists' });
  const term = (...keys: string[]) => ({ matchExpressions: keys.map(has) });
  const onto = (...nodeSelectorTerms: object[]) => ({ affinity: { nodeAffinity: { [must]: { nodeSelectorTerms } } } });
  const rather = (key: string) => ({ affinity: { nodeAffinity: { [like]: [{ weight: 1, preference: term(key) }] } } });
  const apart = { podAntiAffinity: { [must]: [{ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'a' } } }] } };
  const named = { ...term('a'), matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] };
  const TERMS = `spec.affinity.nodeAffinity.${must}.nodeSelectorTerms`;
  const FEWER_LABELS = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  const OTHER_TERM = 'only additions are allowed (no mutations or deletions)';
  const OTHER_FIELD = 'spec: Forbidden: pod updates may not change fields other than';
  test.each<[name: string, before: object, after: object, expected: string[]]>([
    ['a label of the node may be asked for', {}, { nodeSelector: { a: 'b' } }, []],
    ['and one more', { nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'b', c: 'd' } }, []],
    ['another value may not', { nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'c' } }, [`spec.nodeSelector: Invalid value: {"a":"c"}: ${FEWER_LABELS}`]],
    ['no label less', { nodeSelector: { a: 'b' } }, { nodeSelector: undefined }, [`spec.nodeSelector: Invalid value: null: ${FEWER_LABELS}`]],
    ['terms may be set where there were none', {}, onto(term('a'), term('b')), []],
    ['also beside what was only liked', rather('a'), onto(term('a')), []],
    ['a term may ask for more', onto(term('a'), term('b')), onto(named, term('b', 'c')), []],
    ['a term may not ask for less', onto(term('a', 'b')), onto(term('a')), [`${TERMS}[0]: Invalid value: ${JSON.stringify(term('a'))}: ${OTHER_TERM}`]],
    ['a term may not ask for something else', onto(term('a'), term('b')), onto(term('a'), term('c', 'b')), [`${TERMS}[1]: Invalid value: ${JSON.stringify(term('c', 'b'))}: ${OTHER_TERM}`]],
    ['a term that no node fits stays so', onto({}), onto(term('a')), [`${TERMS}[0]: Invalid value: ${JSON.stringify(term('a'))}: ${OTHER_TERM}`]],
    ['no term more', onto(term('a')), onto(term('a'), term('b')), [`${TERMS}: Invalid value: ${JSON.stringify([term('a'), term('b')])}: no additions/deletions to non-empty NodeSelectorTerms list are allowed`]],
    ['no term less', onto(term('a')), { affinity: undefined }, [`${TERMS}: Invalid value: []: no additions/deletions to non-empty NodeSelectorTerms list are allowed`]],
    ['what is only liked may change', rather('a'), rather('b'), []],
    ['and go', rather('a'), { affinity: undefined }, []],
    ['which pods to stay away from may not', {}, { affinity: apart }, [OTHER_FIELD]],
    ['nor when terms are set', { affinity: apart }, onto(term('a')), [OTHER_FIELD]],
    ['a command may not', {}, { containers: [{ name: 'c', image: 'nginx', command: ['x'] }] }, [OTHER_FIELD]],
  ])('of a pod that is held back: %s', (_, before, after, expected) => {
    const problems = update(pod({ schedulingGates: [{ name: 'g' }], ...before }), withSpec(after));
    expect(problems.map((text) => (text.startsWith(OTHER_FIELD) ? OTHER_FIELD : text))).toEqual(expected);
  }); // prettier-ignore

  test('a pod that is let go may be told where to in the same write', () => {
    expect(update(pod({ schedulingGates: [{ name: 'g' }] }), withSpec({ schedulingGates: [], nodeSelector: { a: 'b' } }))).toEqual([]);
  });

  const suspended = (spec: object, status: object) => {
    const own = { restartPolicy: 'Never', ...template.spec, ...spec };
    const job = subject('batch/v1', 'Job', { spec: { suspend: true, template: { spec: own } } }, { uid: 'u' });
    return { ...job, old: deepFreeze({ ...job.old, status }) };
  };
  const withTemplate = (spec: object, metadata: object) => (old: any) => {
    const { template: before } = old.spec;
    return withSpec({
      template: { metadata: { ...before.metadata, ...metadata }, spec: { ...before.spec, ...spec } },
    })(old);
  };
  const [container] = template.spec.containers;
  const sized = (name: string, cpu: string) => ({ ...container!, name, resources: { requests: { cpu } } });
  const near = { podAffinity: apart.podAntiAffinity };
  const onto1 = onto(term('a')).affinity;
  const started = { startTime: '2026-01-01T00:00:00Z' };
  const told = { conditions: [{ type: 'Suspended', status: 'True' }] };
  const WHOLE = 'spec.template: field is immutable';
  test.each<[name: string, before: object, after: object, status: object, expected: string[], metadata?: object]>([
    ['the label of a node', { nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'c' } }, {}, []],
    ['what of a node it bears', {}, { tolerations: [{ key: 'a', operator: 'Exists' }] }, {}, []],
    ['what holds its pods back', {}, { schedulingGates: [{ name: 'g' }] }, {}, []],
    ['which nodes are fit', {}, { affinity: onto1 }, {}, []],
    ['that all are fit again', { affinity: onto1 }, { affinity: undefined }, {}, []],
    ['which nodes are fit, beside pods to be near to', { affinity: near }, { affinity: { ...near, ...onto1 } }, {}, []],
    ['not which pods to be near to', {}, { affinity: near }, {}, [WHOLE]],
    ['not that it is near to any', { affinity: near }, { affinity: undefined }, {}, [WHOLE]],
    ['the size of a container', { containers: [sized('c', '1')] }, { containers: [sized('c', '2')] }, {}, []],
    ['the size of an init container', { initContainers: [sized('i', '1')] }, { initContainers: [sized('i', '2')] }, {}, []],
    ['not its image', {}, { containers: [{ ...sized('c', '2'), image: 'other' }] }, {}, [WHOLE]],
    ['not how many there are', {}, { containers: [sized('c', '1'), sized('d', '1')] }, {}, [WHOLE]],
    ['not how long its pods have', {}, { activeDeadlineSeconds: 5 }, {}, [WHOLE]],
    ['the notes of its pods', {}, {}, {}, [], { annotations: { a: 'b' } }],
    ['all of that again once its pods are told to go', { containers: [sized('c', '1')] }, { containers: [sized('c', '2')], nodeSelector: { a: 'b' } }, { ...started, ...told, terminating: 1 }, []],
    ['not before it is said to be suspended', {}, { nodeSelector: { a: 'b' } }, started, [WHOLE]],
    ['not while pods are active', {}, { nodeSelector: { a: 'b' } }, { ...started, ...told, active: 1 }, [WHOLE]],
  ])('of a suspended job may change: %s', (_, before, after, status, expected, metadata = {}) => {
    const problems = update(suspended(before, status), withTemplate(after, metadata));
    expect(problems.map((text) => text.replace(/Invalid value: .*: field/, 'field'))).toEqual(expected);
  }); // prettier-ignore

  test("a service's address", () => {
    expect(update(service(), withSpec({ clusterIP: '10.0.99.99' }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.99.99"]: may not change once set',
    ]);
  });

  test.each<[name: string, old: object, next: object, expected: string]>([
    ['the address of a headless one', { clusterIP: 'None', clusterIPs: ['None'] }, { clusterIP: '10.0.0.9' }, 'spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set'],
    ['the class', { type: 'LoadBalancer', loadBalancerClass: 'a/b' }, { loadBalancerClass: 'a/c' }, 'spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
    ['the port for health', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 }, { healthCheckNodePort: 30002 }, 'spec.healthCheckNodePort: Forbidden: field is immutable'],
  ])('of a service: %s', (_, old, next, expected) => {
    expect(update(service(old), withSpec(next))).toEqual([expected]);
  }); // prettier-ignore

  test.each(['ConfigMap', 'Secret'])('an immutable %s', (kind) => {
    const given = subject('v1', kind, { data: { a: 'eA==' }, immutable: true });
    expect(update(given, (old) => ({ ...old, data: { a: 'eQ==' } }))).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
    expect(update(given, (old) => ({ ...old, immutable: undefined }))).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ]);
    expect(update(given, (old) => ({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }))).toEqual([]);
  });

  test('the type of a secret, and what a plan showed', () => {
    expect(update(subject('v1', 'Secret', {}), (old) => ({ ...old, type: 'other' }))).toEqual([
      'type: Invalid value: "other": field is immutable',
    ]);
    const plan = subject('slipway.dev/v1', 'Plan', { spec: { application: 'a', revision: 'r', steps: [], digest: 'd' } });
    expect(update(plan, withSpec({ digest: 'e' }))[0]).toMatch(/^spec: .*field is immutable$/);
  });
});

describe('what an update takes from the object as it is', () => {
  const updated = ({ kind, old }: Subject, object: object) => kind.prepareUpdate(kind.defaults(object as Manifest), old) as any;

  test.each([deployment(), pod(), service()].map((given) => [given.kind.kind, given] as const))('the status of a %s', (_, given) => {
    expect(updated(given, { ...given.old, status: { phase: 'Failed', replicas: 9 } }).status).toEqual(given.old['status']);
  });

  test('addresses and node ports of a service that are not named', () => {
    const given = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
    expect(updated(given, { ...given.old, spec: { type: 'NodePort', ports: [{ port: 80 }] } }).spec).toMatchObject({
      clusterIP: '10.0.0.1',
      clusterIPs: ['10.0.0.1'],
      ports: [{ port: 80, nodePort: 30001 }],
    });
  });

  test('a service that gives up its affinity lets go of its time', () => {
    const given = service({ sessionAffinity: 'ClientIP' });
    expect(given.old['spec']).toMatchObject({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } });
    const next = updated(given, withSpec({ sessionAffinity: 'None' })(given.old));
    expect(next.spec).not.toHaveProperty('sessionAffinityConfig');
    expect(update(given, withSpec({ sessionAffinity: 'None' }))).toEqual([]);
  });

  test('a service that becomes a plain one lets go of its node ports', () => {
    const given = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
    expect(updated(given, { ...given.old, spec: { ...(given.old['spec'] as object), type: 'ClusterIP' } }).spec.ports).toEqual([
      { port: 80, protocol: 'TCP', targetPort: 80 },
    ]);
    expect(update(given, withSpec({ type: 'ClusterIP' }))).toEqual([]);
  });

  test.each<[name: string, old: object, next: object, kept: object, gone: string[]]>([
    [
      'a node port service that becomes a plain one loses its policy for traffic from outside',
      { type: 'NodePort' },
      { type: 'ClusterIP', externalTrafficPolicy: 'Cluster' },
      { clusterIP: '10.0.0.1', internalTrafficPolicy: 'Cluster' },
      ['externalTrafficPolicy'],
    ],
    [
      'one that becomes a name loses its addresses',
      { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      { type: 'ExternalName', externalName: 'example.com', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] },
      { externalName: 'example.com' },
      ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'],
    ],
    [
      'one that was a name keeps the name, as Kubernetes leaves it',
      { type: 'ExternalName', externalName: 'example.com', clusterIP: undefined, clusterIPs: undefined },
      { type: 'ClusterIP', externalName: 'example.com' },
      { internalTrafficPolicy: 'Cluster', externalName: 'example.com' },
      [],
    ],
    [
      'a port keeps the node port of its name, though its number is another',
      { type: 'NodePort', ports: [{ name: 'a', port: 80, nodePort: 30001 }, { name: 'b', port: 81, nodePort: 30002 }] },
      { type: 'NodePort', ports: [{ name: 'a', port: 90 }, { name: 'b', port: 91, nodePort: 30003 }, { name: 'c', port: 81 }] },
      { ports: [{ name: 'a', port: 90, nodePort: 30001 }, { name: 'b', port: 91, nodePort: 30003 }, { name: 'c', port: 81, protocol: 'TCP', targetPort: 81 }] },
      [],
    ],
    [
      'unless another port asks for it',
      { type: 'NodePort', ports: [{ name: 'a', port: 80, nodePort: 30001 }] },
      { type: 'NodePort', ports: [{ name: 'a', port: 80 }, { name: 'b', port: 81, nodePort: 30001 }] },
      { ports: [{ name: 'a', port: 80, protocol: 'TCP', targetPort: 80 }, { name: 'b', port: 81, nodePort: 30001 }] },
      [],
    ],
    [
      'one that becomes a plain one with another port lets go of its node port, too',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] },
      { type: 'ClusterIP', ports: [{ port: 90, nodePort: 30001 }] },
      { ports: [{ port: 90, protocol: 'TCP', targetPort: 90 }] },
      [],
    ],
    [
      'families that are not named stay',
      { ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' },
      {},
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' },
      [],
    ],
    [
      'a balancer that becomes a node port service gives back what only balancers have',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30123 },
      { type: 'NodePort', externalTrafficPolicy: 'Local', healthCheckNodePort: 30123, allocateLoadBalancerNodePorts: true },
      { externalTrafficPolicy: 'Local' },
      ['healthCheckNodePort', 'allocateLoadBalancerNodePorts'],
    ],
  ])('%s', (_, old, next, kept, gone) => {
    const given = service(old);
    const { spec } = updated(given, { ...given.old, spec: { ports: [{ port: 80 }], ...next } });
    expect(spec).toMatchObject(kept);
    expect(Object.keys(spec).filter((field) => gone.includes(field))).toEqual([]);
    const ports = spec.ports.map(({ nodePort }: any) => nodePort);
    if ('ports' in kept) expect(ports).toEqual((kept.ports as any[]).map(({ nodePort }) => nodePort));
  }); // prettier-ignore

  test('a service that is no balancer any more has no address of one', () => {
    const loadBalancer = { ingress: [{ ip: '10.9.9.9', ipMode: 'VIP' }] };
    const { kind, old } = service({ type: 'LoadBalancer' });
    const balanced = { ...old, status: { loadBalancer } } as Manifest;
    expect(kind.prepareUpdate(kind.defaults(withSpec({ type: 'ClusterIP' })(balanced)), balanced)['status']).toEqual({ loadBalancer: {} });
    expect(kind.prepareUpdate(balanced, balanced)['status']).toEqual({ loadBalancer });
  });
});

describe('what raises the generation', () => {
  const raises = ({ kind, old }: Subject, change: (old: any) => object) => kind.raisesGeneration?.(change(old) as Manifest, old);
  const annotate = (old: any) => ({ ...old, metadata: { ...old.metadata, annotations: { a: 'b' } } });

  test.each([
    ['a spec of a deployment', deployment(), withSpec({ replicas: 9 }), true],
    ['annotations of a deployment', deployment(), annotate, true],
    ['annotations of a pod', pod(), annotate, false],
    ['an image of a pod', pod(), withSpec({ containers: [{ name: 'c', image: 'n' }] }), true],
    ['a status', deployment(), (old: object) => ({ ...old, status: { replicas: 3 } }), false],
    ['nothing of a config map', subject('v1', 'ConfigMap', {}), annotate, undefined],
    ['nothing of a service', service(), withSpec({ type: 'NodePort' }), undefined],
  ] as const)('%s: %o', (_, given, change, expected) => {
    expect(raises(given, change)).toBe(expected);
  });
});

test('a StatefulSet gets no maxUnavailable, and keeps the one that it has', () => {
  const rollingUpdate = { partition: 0, maxUnavailable: 2 };
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
  const { kind, old } = subject('apps/v1', 'StatefulSet', { spec: { selector: { matchLabels: { app: 'a' } }, template, updateStrategy } });
  const rolling = (object: any) => object.spec.updateStrategy.rollingUpdate;
  const given: any = withSpec({ updateStrategy })(old);
  expect([old, kind.prepareUpdate(given, old), kind.prepareUpdate(given, given)].map(rolling)).toEqual([
    { partition: 0 },
    { partition: 0 },
    rollingUpdate,
  ]);
});
