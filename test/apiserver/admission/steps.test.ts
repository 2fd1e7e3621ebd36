import { describe, expect, test } from 'vitest';
import { STEPS } from '../../../src/apiserver/admission/index.ts';
import { BUILT_IN_KINDS, resourceName } from '../../../src/model/index.ts';
import { around, pass, podRequest, request, specAfter, type Objects } from './around.ts';

test('the steps come in Kubernetes’ order, and the quota counts what all others made of the object', () => {
  expect(STEPS.map(({ name }) => name)).toEqual([
    'NamespaceLifecycle',
    'LimitRanger',
    'ServiceAccount',
    'PodSecurity',
    'Priority',
    'DefaultTolerationSeconds',
    'DefaultStorageClass',
    'PersistentVolumeClaimResize',
    'RuntimeClass',
    'CertificateRequest',
    'CertificateSubjectRestriction',
    'DefaultIngressClass',
    'PodTopologyLabels',
    'NotEnforced',
    'Expressions',
    'ResourceQuota',
  ]);
});

test('a step minds resources that there are', () => {
  const served = BUILT_IN_KINDS.map(resourceName);
  expect(STEPS.flatMap(({ of = [] }) => of).filter((name) => !served.includes(name))).toEqual([]);
});

describe('NamespaceLifecycle', () => {
  test.each<[what: string, namespaces: object[], answer: unknown]>([
    ['lets in what has its namespace', [{ metadata: { name: 'default' } }], { containers: [{ name: 'c' }] }],
    ['refuses what has none', [], 'namespaces "default" not found'],
    [
      'refuses what comes into one that goes',
      [{ metadata: { name: 'default', deletionTimestamp: 'now' } }],
      'pods "x" is forbidden: unable to create new content in namespace default because it is being terminated',
    ],
  ])('%s', (_, namespaces, answer) => {
    expect(specAfter('NamespaceLifecycle', podRequest(), around({ namespaces }))).toEqual(answer);
  });
});

describe('ServiceAccount', () => {
  const account = (name: string, more: object = {}) => ({ serviceaccounts: [{ metadata: { name, namespace: 'default' }, ...more }] });
  const c = { name: 'c' };
  test.each<[what: string, spec: object, objects: Objects, answer: unknown]>([
    ['a pod runs as the account default', {}, account('default'), { containers: [c], serviceAccountName: 'default', serviceAccount: 'default' }],
    ['which comes soon after its namespace', {}, {}, { containers: [c], serviceAccountName: 'default', serviceAccount: 'default' }],
    ['or as the one that it names', { serviceAccountName: 'robot' }, account('robot'), { containers: [c], serviceAccountName: 'robot', serviceAccount: 'robot' }],
    ['which must be there', { serviceAccountName: 'robot' }, account('default'), 'pods "x" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found'],
    ['and gives its pull secrets', {}, account('default', { imagePullSecrets: [{ name: 's' }] }), { containers: [c], serviceAccountName: 'default', serviceAccount: 'default', imagePullSecrets: [{ name: 's' }] }],
    ['unless the pod has its own', { imagePullSecrets: [{ name: 'own' }] }, account('default', { imagePullSecrets: [{ name: 's' }] }), { containers: [c], serviceAccountName: 'default', serviceAccount: 'default', imagePullSecrets: [{ name: 'own' }] }],
  ])('%s', (_, spec, objects, answer) => {
    expect(specAfter('ServiceAccount', podRequest(spec), around(objects))).toEqual(answer);
  }); // prettier-ignore

  const mounts = (spec: object, account: object, mountTokens: boolean) => {
    const world = around({ serviceaccounts: [{ metadata: { name: 'default', namespace: 'default' }, ...account }] }, mountTokens);
    return (specAfter('ServiceAccount', podRequest(spec), world) as { volumes?: unknown[] }).volumes !== undefined;
  };
  const yes = { automountServiceAccountToken: true };
  const no = { automountServiceAccountToken: false };
  test.each<[what: string, pod: object, account: object, unasked: boolean, mounted: boolean]>([
    ['is not mounted unasked where pods have no files of their own', {}, {}, false, false],
    ['is mounted unasked in containers', {}, {}, true, true],
    ['is mounted where the pod asks', yes, no, false, true],
    ['is mounted where the account asks', {}, yes, false, true],
    ['is not mounted where the pod does not want it', no, yes, true, false],
    ['is not mounted where the account does not want it', {}, no, true, false],
  ])('the token %s', (_, pod, account, unasked, mounted) => {
    expect(mounts(pod, account, unasked)).toBe(mounted);
  });
});

describe('Priority', () => {
  const classes = (...list: object[]) => ({ 'priorityclasses.scheduling.k8s.io': list });
  const high = { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' };
  const preempts = { preemptionPolicy: 'PreemptLowerPriority' };
  const c = { containers: [{ name: 'c' }] };
  test.each<[what: string, spec: object, objects: Objects, answer: unknown]>([
    ['none is 0', {}, {}, { ...c, priority: 0, ...preempts }],
    ['the default class where there is one', {}, classes(high, { metadata: { name: 'usual' }, value: 7, globalDefault: true }), { ...c, priorityClassName: 'usual', priority: 7, ...preempts }],
    ['the class that is named', { priorityClassName: 'high' }, classes(high), { ...c, priorityClassName: 'high', priority: 1000, preemptionPolicy: 'Never' }],
    ['a class that every cluster has', { priorityClassName: 'system-node-critical' }, {}, { ...c, priorityClassName: 'system-node-critical', priority: 2000001000, ...preempts }],
    ['a class that is not there', { priorityClassName: 'high' }, {}, 'pods "x" is forbidden: no PriorityClass with name high was found'],
    ['another number than that of the class', { priorityClassName: 'high', priority: 5 }, classes(high), 'pods "x" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name'],
    ['another policy than that of the class', { preemptionPolicy: 'Never' }, {}, 'pods "x" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name'],
  ])('%s', (_, spec, objects, answer) => {
    expect(specAfter('Priority', podRequest(spec), around(objects))).toEqual(answer);
  }); // prettier-ignore

  test('an update that leaves it out keeps it', () => {
    expect(specAfter('Priority', podRequest({}, { priority: 3, ...preempts }), around())).toEqual({ ...c, priority: 3, ...preempts });
  });

  test('only one class can be the default', () => {
    const second = request('priorityclasses.scheduling.k8s.io', 'PriorityClass', { metadata: { name: 'b' }, globalDefault: true });
    expect(pass('Priority', second, around(classes({ metadata: { name: 'a' }, value: 1, globalDefault: true })))).toBe(
      'priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist',
    );
  });
});

describe('DefaultTolerationSeconds', () => {
  const after = (tolerations?: object[]) =>
    (specAfter('DefaultTolerationSeconds', podRequest({ tolerations }), around()) as { tolerations: object[] }).tolerations;
  const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' };
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  test.each<[what: string, given: object[] | undefined, all: object[]]>([
    ['five minutes for both troubles', undefined, [notReady, unreachable]],
    ['its own time for one', [own], [own, unreachable]],
    ['one that tolerates everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    ['another effect is another matter', [{ ...own, effect: 'NoSchedule' }], [{ ...own, effect: 'NoSchedule' }, notReady, unreachable]],
  ])('%s', (_, given, all) => {
    expect(after(given)).toEqual(all);
  }); // prettier-ignore
});

describe('default classes', () => {
  const storage = (name: string, created: string, isDefault = 'true') => ({
    metadata: { name, creationTimestamp: created, annotations: { 'storageclass.kubernetes.io/is-default-class': isDefault } },
  });
  const ingress = { metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } };
  const objects = {
    'storageclasses.storage.k8s.io': [storage('b', '2026-01-01T00:00:00Z'), storage('a', '2026-01-01T00:00:00Z'), storage('old', '2025-01-01T00:00:00Z'), storage('no', '2027-01-01T00:00:00Z', 'false')],
    'ingressclasses.networking.k8s.io': [ingress],
  }; // prettier-ignore
  const claim = (spec: object, metadata: object = {}) =>
    request('persistentvolumeclaims', 'PersistentVolumeClaim', { metadata: { name: 'x', namespace: 'default', ...metadata }, spec });
  const rule = (spec: object) => request('ingresses.networking.k8s.io', 'Ingress', { spec });
  test.each([
    ['a claim gets the newest default class, the first of equals', 'DefaultStorageClass', claim({}), { storageClassName: 'a' }],
    ['one that names a class keeps it', 'DefaultStorageClass', claim({ storageClassName: 'no' }), { storageClassName: 'no' }],
    ['one that wants none gets none', 'DefaultStorageClass', claim({ storageClassName: '' }), { storageClassName: '' }],
    [
      'one that names it as it was done before the field says so too',
      'DefaultStorageClass',
      claim({}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'no' } }),
      {},
    ],
    ['an ingress gets the default class', 'DefaultIngressClass', rule({}), { ingressClassName: 'nginx' }],
    ['one that names a class keeps it too', 'DefaultIngressClass', rule({ ingressClassName: 'own' }), { ingressClassName: 'own' }],
  ])('%s', (_, step, asked, spec) => {
    expect(specAfter(step, asked, around(objects))).toEqual(spec);
  });

  test('without a default nothing is said', () => {
    expect(specAfter('DefaultStorageClass', claim({}), around())).toEqual({});
  });
});

describe('PersistentVolumeClaimResize', () => {
  const growing = { metadata: { name: 'growing' }, allowVolumeExpansion: true };
  const objects = { 'storageclasses.storage.k8s.io': [growing, { metadata: { name: 'fixed' } }] };
  const claim = (storage: string, storageClassName?: string) => ({ spec: { storageClassName, resources: { requests: { storage } } } });
  const refusal =
    'persistentvolumeclaims "x" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  test.each<[what: string, asked: string, storageClassName: string | undefined, isRefused: boolean]>([
    ['grows where its class allows it', '2Gi', 'growing', false],
    ['does not grow where its class says nothing of it', '2Gi', 'fixed', true],
    ['does not grow where its class is gone', '2Gi', 'gone', true],
    ['does not grow without a class', '2Gi', undefined, true],
    ['does not grow where it wants no class', '2Gi', '', true],
    ['may ask for the same in other words', '1024Mi', 'fixed', false],
    ['may ask for less', '512Mi', 'fixed', false],
  ])('a claim %s', (_, asked, storageClassName, isRefused) => {
    const update = request(
      'persistentvolumeclaims',
      'PersistentVolumeClaim',
      claim(asked, storageClassName),
      claim('1Gi', storageClassName),
    );
    expect(pass('PersistentVolumeClaimResize', update, around(objects))).toEqual(
      isRefused ? refusal : { object: update.object, warnings: [] },
    );
  });

  test('a new claim asks for what it likes', () => {
    const create = request('persistentvolumeclaims', 'PersistentVolumeClaim', claim('2Gi', 'fixed'));
    expect(pass('PersistentVolumeClaimResize', create, around(objects))).toEqual({ object: create.object, warnings: [] });
  });
});

describe('RuntimeClass', () => {
  const toleration = { key: 'gpu', operator: 'Exists' };
  const classes = {
    'runtimeclasses.node.k8s.io': [
      { metadata: { name: 'kata' }, overhead: { podFixed: { cpu: '250m' } }, scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [toleration] } },
    ],
  }; // prettier-ignore
  const c = { containers: [{ name: 'c' }] };
  test.each<[what: string, spec: object, answer: unknown]>([
    ['none adds nothing', {}, c],
    ['adds its overhead and where it is', { runtimeClassName: 'kata' }, { ...c, runtimeClassName: 'kata', overhead: { cpu: '250m' }, nodeSelector: { kata: 'yes' }, tolerations: [toleration] }],
    ['one that is not there', { runtimeClassName: 'runsc' }, 'pods "x" is forbidden: pod rejected: RuntimeClass "runsc" not found'],
    ['an overhead without a class', { overhead: { cpu: '1' } }, 'pods "x" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    ['another overhead than its own', { runtimeClassName: 'kata', overhead: { cpu: '1' } }, `pods "x" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`],
    ['another place than its own', { runtimeClassName: 'kata', nodeSelector: { kata: 'no' } }, 'pods "x" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no'],
  ])('%s', (_, spec, answer) => {
    expect(specAfter('RuntimeClass', podRequest(spec), around(classes))).toEqual(answer);
  }); // prettier-ignore
});

describe('what is stored and not enforced', () => {
  test.each([
    ['flowschemas.flowcontrol.apiserver.k8s.io', 'FlowSchema', 'all requests are treated alike'],
    ['servicecidrs.networking.k8s.io', 'ServiceCIDR', "addresses are given out of the range of 'kubernetes' alone"],
  ])('%s are warned of when they are created', (resource, kind, why) => {
    const created = pass('NotEnforced', request(resource, kind, {}), around());
    expect(created).toMatchObject({ warnings: [`${kind} "x" is stored, but not enforced: ${why}`] });
    const updated = pass('NotEnforced', request(resource, kind, {}, {}), around());
    expect(updated).toMatchObject({ warnings: [] });
  });
});
