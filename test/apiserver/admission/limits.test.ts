import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/model/index.ts';
import { around, pass, podRequest, request } from './around.ts';

const ranges = (...limits: object[]) => ({ limitranges: [{ metadata: { name: 'lr', namespace: 'default' }, spec: { limits } }] });
const container = (name: string, resources: object = {}) => ({ name, resources });

describe('LimitRanger fills in', () => {
  const items = ranges({ type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });
  const passed = (spec: object) => pass('LimitRanger', podRequest(spec), around(items)) as { object: Manifest };

  test('what each container leaves unsaid, and says so on the pod', () => {
    const { object } = passed({
      initContainers: [container('i')],
      containers: [container('c', { limits: { cpu: '2' }, requests: { cpu: '1' } })],
    });
    expect(object['spec']).toEqual({
      initContainers: [container('i', { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m' } })],
      containers: [container('c', { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } })],
    });
    expect(object.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: memory limit for container c; cpu request for init container i; cpu, memory limit for init container i',
    });
  });

  test('nothing where all is said', () => {
    const said = podRequest({ containers: [container('c', { limits: { cpu: '1', memory: '1' }, requests: { cpu: '1' } })] });
    expect(pass('LimitRanger', said, around(items))).toEqual({ object: said.object, warnings: [] });
  });
});

describe('LimitRanger holds to bounds', () => {
  const c = (resources: object) => podRequest({ containers: [container('c', resources)] });
  const two = podRequest({ containers: [container('a', { limits: { cpu: '1' } }), container('b', { limits: { cpu: '1500m' } })] });
  const later = (asked: ReturnType<typeof podRequest>, subresource?: string) => ({ ...asked, operation: 'update' as const, subresource });
  const claim = (storage: string) =>
    request('persistentvolumeclaims', 'PersistentVolumeClaim', { spec: { resources: { requests: { storage } } } });
  test.each<[what: string, item: object, asked: ReturnType<typeof podRequest>, refusal: string | undefined]>([
    ['a request below the least', { type: 'Container', min: { cpu: '100m' } }, c({ requests: { cpu: '50m' } }), 'pods "x" is forbidden: minimum cpu usage per Container is 100m, but request is 50m'],
    ['no request where there is a least', { type: 'Container', min: { cpu: '100m' } }, c({}), 'pods "x" is forbidden: minimum cpu usage per Container is 100m.  No request is specified'],
    ['a limit above the most', { type: 'Container', max: { memory: '1Gi' } }, c({ limits: { memory: '2Gi' } }), 'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'],
    ['no limit where there is a most', { type: 'Container', max: { memory: '1Gi' } }, c({}), 'pods "x" is forbidden: maximum memory usage per Container is 1Gi.  No limit is specified'],
    ['two bounds at once', { type: 'Container', max: { cpu: '1', memory: '1Gi' } }, c({}), 'pods "x" is forbidden: [maximum cpu usage per Container is 1.  No limit is specified, maximum memory usage per Container is 1Gi.  No limit is specified]'],
    ['a limit too far above the request', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, c({ limits: { cpu: '1' }, requests: { cpu: '250m' } }), 'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000'],
    ['the containers of a pod together', { type: 'Pod', max: { cpu: '2' } }, two, 'pods "x" is forbidden: maximum cpu usage per Pod is 2, but limit is 2500m'],
    ['a claim that is too small', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } }, claim('500Mi'), 'persistentvolumeclaims "x" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi'],
    ['a claim that is too large', { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, claim('2Gi'), 'persistentvolumeclaims "x" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi'],
    ['a pod that is resized beyond them', { type: 'Container', max: { cpu: '1' } }, later(c({ limits: { cpu: '2' } }), 'resize'), 'pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2'],
    ['and no pod for which they come too late', { type: 'Container', max: { cpu: '1' } }, later(c({ limits: { cpu: '2' } })), undefined],
    ['what is within them', { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' } }, c({ requests: { cpu: '0.1' }, limits: { cpu: '1000m' } }), undefined],
  ])('%s', (_, item, asked, refusal) => {
    const passed = pass('LimitRanger', asked, around(ranges(item)));
    expect(typeof passed === 'string' ? passed : undefined).toBe(refusal);
  }); // prettier-ignore
});

describe('ResourceQuota', () => {
  const quota = (hard: object, spec: object = {}) => ({ metadata: { name: 'q', namespace: 'default' }, spec: { hard, ...spec } });
  const pod = (name: string, resources: object = {}, more: object = {}) => ({
    metadata: { name, namespace: 'default' },
    spec: { containers: [container('c', resources)] },
    ...more,
  });
  const asked = (resources: object = {}, spec: object = {}) => podRequest({ containers: [container('c', resources)], ...spec });
  const cpu = (amount: string) => ({ requests: { cpu: amount }, limits: { cpu: amount } });
  const service = (type: string, spec: object = {}) => request('services', 'Service', { spec: { type, ports: [{}, {}], ...spec } });
  const claim = (spec: object, annotations?: object) =>
    request('persistentvolumeclaims', 'PersistentVolumeClaim', { metadata: { name: 'x', namespace: 'default', annotations }, spec });
  const gold = quota(
    { persistentvolumeclaims: '0' },
    { scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['gold'] }] } },
  );
  test.each<[what: string, quota: object, live: object[], request: ReturnType<typeof podRequest>, refusal: string | undefined]>([
    ['one pod too many', quota({ pods: '1' }), [pod('a')], asked(), 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
    ['the last place', quota({ pods: '2' }), [pod('a')], asked(), undefined],
    ['finished pods take none', quota({ pods: '1' }), [pod('a', {}, { status: { phase: 'Succeeded' } }), pod('b', {}, { status: { phase: 'Failed' } })], asked(), undefined],
    ['amounts add up', quota({ 'requests.cpu': '1', 'limits.memory': '1Gi' }), [pod('a', { requests: { cpu: '700m' }, limits: { memory: '1Mi' } })], asked({ requests: { cpu: '0.5' }, limits: { memory: '2Gi' } }), 'pods "x" is forbidden: exceeded quota: q, requested: limits.memory=2Gi,requests.cpu=500m, used: limits.memory=1Mi,requests.cpu=700m, limited: limits.memory=1Gi,requests.cpu=1'],
    ['cpu means requests', quota({ cpu: '1' }), [], asked(cpu('2')), 'pods "x" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1'],
    ['what is bounded must be said', quota({ 'limits.cpu': '1', 'requests.memory': '1Gi' }), [], asked(), 'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: c; requests.memory for: c'],
    ['a scope that the pod is not in', quota({ pods: '0' }, { scopes: ['BestEffort'] }), [], asked(cpu('1')), undefined],
    ['a scope that it is in', quota({ pods: '0' }, { scopes: ['BestEffort'] }), [], asked(), 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'],
    ['a class that it has not', quota({ pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } }), [], asked(), undefined],
    ['a class that it has', quota({ pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } }), [], asked({}, { priorityClassName: 'high' }), 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'],
    ['a pod that says it as a whole', quota({ 'requests.cpu': '1' }), [], asked({}, { resources: { requests: { cpu: '2' } } }), 'pods "x" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1'],
    ['a pod that asks for nothing in its own words', quota({ pods: '0' }, { scopes: ['BestEffort'] }), [], asked({ requests: { cpu: '0' } }), 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'],
    ['a claim with attributes', gold, [], claim({ volumeAttributesClassName: 'gold' }), 'persistentvolumeclaims "x" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0'],
    ['a claim without them', gold, [], claim({}), undefined],
    ['a pod, where claims are meant', gold, [], asked(), undefined],
    ['a claim of a class, however it names it', quota({ 'old.storageclass.storage.k8s.io/persistentvolumeclaims': '0' }), [], claim({}, { 'volume.beta.kubernetes.io/storage-class': 'old' }), 'persistentvolumeclaims "x" is forbidden: exceeded quota: q, requested: old.storageclass.storage.k8s.io/persistentvolumeclaims=1, used: old.storageclass.storage.k8s.io/persistentvolumeclaims=0, limited: old.storageclass.storage.k8s.io/persistentvolumeclaims=0'],
    ['a balancer without node ports', quota({ 'services.nodeports': '0' }), [], service('LoadBalancer', { allocateLoadBalancerNodePorts: false }), undefined],
    ['services by type', quota({ 'services.loadbalancers': '0' }), [], service('LoadBalancer'), 'services "x" is forbidden: exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0'],
    ['and by their node ports', quota({ 'services.nodeports': '1' }), [], service('NodePort'), 'services "x" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1'],
    ['any kind by its count', quota({ 'count/widgets.example.com': '0' }), [], request('widgets.example.com', 'Widget', {}), 'widgets.example.com "x" is forbidden: exceeded quota: q, requested: count/widgets.example.com=1, used: count/widgets.example.com=0, limited: count/widgets.example.com=0'],
    ['an update that takes no more', quota({ pods: '1' }), [pod('x'), pod('y')], podRequest({}, {}), undefined],
    ['a kind that it does not bound', quota({ pods: '0' }), [], request('configmaps', 'ConfigMap', {}), undefined],
  ])('%s', (_, resourcequota, live, ask, refusal) => {
    const passed = pass('ResourceQuota', ask, around({ resourcequotas: [resourcequota], pods: live }));
    expect(typeof passed === 'string' ? passed : undefined).toBe(refusal);
  }); // prettier-ignore
});
