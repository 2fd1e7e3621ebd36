import { beforeEach, describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  NAMESPACES,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type Manifest,
} from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const CONFIG_MAP_WRITES = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] };

const policy = (spec: object, name = 'p') => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [CONFIG_MAP_WRITES] }, ...spec },
});

const binding = (spec: object = {}, name = 'b') => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name },
  spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
});

const make = (spec: object, name?: string) => plane.client.create(VALIDATING_ADMISSION_POLICIES, policy(spec, name) as never);
const bind = (spec?: object, name?: string) => plane.client.create(VALIDATING_ADMISSION_POLICY_BINDINGS, binding(spec, name) as never);

const map = (data: object = {}, metadata: object = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'default', ...metadata }, data }) as never;

/** What comes of a write: `taken`, its warnings, or the refusal without whom it is about. */
function write(object: Manifest, caller: object = {}): string {
  try {
    const kind = plane.api.kinds.byKind('', 'v1', object.kind)!;
    const place = { kind, ...(kind.namespaced ? { namespace: object.metadata.namespace! } : {}), name: object.metadata.name };
    const who = { user: 'ann', groups: ['dev'], manager: 'kubectl', ...caller };
    const found = plane.store.get(`core/${kind.plural}/${kind.namespaced ? `${object.metadata.namespace}/` : ''}${object.metadata.name}`);
    const { warnings } = found ? plane.api.update(place, object, {}, who) : plane.api.create(place, object, {}, who);
    return warnings.join('\n') || 'taken';
  } catch (error) {
    return (error as Error).message.replace(/^.* is forbidden: /, '');
  }
}

const DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request:";
const ALWAYS = { validations: [{ expression: 'false', message: 'no' }] };

describe('a policy', () => {
  test.each<[string, object, object, object, string]>([
    ['says the expression that failed', { validations: [{ expression: " object.data.a == '1'" }] }, {}, map({ a: '2' }), `${DENIED} failed expression: object.data.a == '1'`],
    ['lets pass what is right', { validations: [{ expression: "object.data.a == '1'" }] }, {}, map({ a: '1' }), 'taken'],
    ['says its message', ALWAYS, {}, map(), `${DENIED} no`],
    ['makes its message', { validations: [{ expression: 'false', message: 'm', messageExpression: "'not ' + object.metadata.name" }] }, {}, map(), `${DENIED} not m`],
    ['says its message where the other fails', { validations: [{ expression: 'false', message: 'm', messageExpression: 'object.nope + ""' }] }, {}, map(), `${DENIED} m`],
    ['tells what it could not work out', { validations: [{ expression: 'object.spec.replicas > 1' }] }, {}, map(),
      `${DENIED} expression 'object.spec.replicas > 1' resulted in error: no such key: spec`],
    ['is forgiving if it likes', { failurePolicy: 'Ignore', validations: [{ expression: 'object.spec.replicas > 1' }] }, {}, map(), 'taken'],
    ['has variables', { variables: [{ name: 'size', expression: 'object.data.size()' }, { name: 'twice', expression: 'variables.size * 2' }], validations: [{ expression: 'variables.twice > 2', messageExpression: "'only ' + string(variables.twice)" }] },
      {}, map({ a: '1' }), `${DENIED} only 2`],
    ['has conditions', { ...ALWAYS, matchConditions: [{ name: 'a', expression: "request.userInfo.username != 'ann'" }] }, {}, map(), 'taken'],
    ['tells of a condition that fails', { ...ALWAYS, matchConditions: [{ name: 'a', expression: 'object.nope == 1' }] }, {}, map(),
      `${DENIED} expression 'object.nope == 1' resulted in error: no such key: nope`],
    ['sees who asks for what', { validations: [{ expression: "request.operation == 'CREATE' && request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps' && request.userInfo.groups == ['dev'] && request.name == 'm' && request.namespace == 'default' && !request.dryRun && !has(request.subResource)" }] },
      {}, map(), 'taken'],
    ['sees the namespace', { validations: [{ expression: "namespaceObject.metadata.name == 'default' && namespaceObject.status.phase == 'Active'" }] }, {}, map(), 'taken'],
    ['sees that nothing was there', { validations: [{ expression: 'oldObject == null' }] }, {}, map(), 'taken'],
    ['asks who may', { validations: [{ expression: "authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed() || authorizer.requestResource.check('get').allowed()", message: 'may not' }] },
      {}, map(), `${DENIED} may not`],
    ['only warns', ALWAYS, { validationActions: ['Warn'] }, map(), "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"],
    ['only tells the audit', ALWAYS, { validationActions: ['Audit'] }, map(), 'taken'],
    ['is held up by nothing', { validations: [{ expression: 'object.data.all(a, object.data.all(b, object.data.all(c, true)))' }] }, {}, map(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, '']))),
      `${DENIED} expression 'object.data.all(a, object.data.all(b, object.data.all(c, true)))' resulted in error: operation cancelled: actual cost limit exceeded`],
  ])('%s', async (_, spec, bound, object, expected) => {
    await make(spec);
    await bind(bound);
    expect(write(object as Manifest)).toBe(expected);
  }); // prettier-ignore

  test.each<[string, object, object, string]>([
    ['another resource', { resourceRules: [{ ...CONFIG_MAP_WRITES, resources: ['secrets'] }] }, {}, 'taken'],
    ['all resources', { resourceRules: [{ ...CONFIG_MAP_WRITES, resources: ['*'] }] }, {}, 'no'],
    ['another operation', { resourceRules: [{ ...CONFIG_MAP_WRITES, operations: ['UPDATE'] }] }, {}, 'taken'],
    ['another group', { resourceRules: [{ ...CONFIG_MAP_WRITES, apiGroups: ['apps'] }] }, {}, 'taken'],
    ['another version', { resourceRules: [{ ...CONFIG_MAP_WRITES, apiVersions: ['v2'] }] }, {}, 'taken'],
    ['what is in no namespace', { resourceRules: [{ ...CONFIG_MAP_WRITES, scope: 'Cluster' }] }, {}, 'taken'],
    ['other names', { resourceRules: [{ ...CONFIG_MAP_WRITES, resourceNames: ['x'] }] }, {}, 'taken'],
    ['all but these', { resourceRules: [CONFIG_MAP_WRITES], excludeResourceRules: [{ ...CONFIG_MAP_WRITES, resourceNames: ['m'] }] }, {}, 'taken'],
    ['objects with a label', { resourceRules: [CONFIG_MAP_WRITES], objectSelector: { matchLabels: { a: 'b' } } }, {}, 'taken'],
    ['objects with this label', { resourceRules: [CONFIG_MAP_WRITES], objectSelector: { matchLabels: { app: 'x' } } }, {}, 'no'],
    ['namespaces with a label', { resourceRules: [CONFIG_MAP_WRITES], namespaceSelector: { matchLabels: { a: 'b' } } }, {}, 'taken'],
    ['this namespace', { resourceRules: [CONFIG_MAP_WRITES], namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }, {}, 'no'],
    ['where it is bound to another resource', { resourceRules: [CONFIG_MAP_WRITES] }, { matchResources: { resourceRules: [{ ...CONFIG_MAP_WRITES, resources: ['secrets'] }] } }, 'taken'],
    ['where another policy is bound', { resourceRules: [CONFIG_MAP_WRITES] }, { policyName: 'other' }, 'taken'],
  ])('is about %s', async (_, matchConstraints, bound, expected) => {
    await make({ ...ALWAYS, matchConstraints });
    await bind(bound);
    expect(write(map({}, { labels: { app: 'x' } }))).toBe(expected === 'no' ? `${DENIED} no` : expected);
  }); // prettier-ignore

  test('refuses under its own reason, with the cause', async () => {
    await make({ validations: [{ expression: 'false', message: 'no', reason: 'Forbidden' }] });
    await bind();
    await expect(plane.client.create(CONFIG_MAPS, map())).rejects.toMatchObject({
      reason: 'Forbidden',
      message: `configmaps "m" is forbidden: ${DENIED} no`,
      details: { name: 'm', kind: 'configmaps', causes: [{ message: `${DENIED} no` }] },
    });
  });

  test('refuses as invalid where it gives no reason', async () => {
    await make(ALWAYS);
    await bind();
    await expect(plane.client.create(CONFIG_MAPS, map())).rejects.toMatchObject({ reason: 'Invalid' });
  });

  test('compares with what was, and judges what is to go', async () => {
    const matchConstraints = { resourceRules: [{ ...CONFIG_MAP_WRITES, operations: ['UPDATE', 'DELETE'] }] };
    const validations = [
      { expression: "request.operation != 'UPDATE' || object.data.a == oldObject.data.a", message: 'a stays' },
      { expression: "request.operation != 'DELETE' || object == null && oldObject.data.a != '1'", message: 'it stays' },
    ];
    await make({ matchConstraints, validations });
    await bind();
    const made = await plane.client.create(CONFIG_MAPS, map({ a: '1' }));
    await expect(plane.client.update(CONFIG_MAPS, { ...made, data: { a: '2' } } as never)).rejects.toThrow(`${DENIED} a stays`);
    await expect(plane.client.delete({ kind: CONFIG_MAPS, name: 'm', namespace: 'default' })).rejects.toThrow(`${DENIED} it stays`);
    expect(await plane.client.get(CONFIG_MAPS, 'm', 'default')).toBeDefined();
  });

  test('is about every version of a kind that it names one of', async () => {
    const rule = { apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['horizontalpodautoscalers'] };
    await make({ matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "request.kind.version == 'v1' && request.requestKind.version == 'v2' && object.spec.targetCPUUtilizationPercentage == 50 && false" , message: 'seen'}] });
    await bind();
    const kind = plane.api.kinds.byKind('autoscaling', 'v2', 'HorizontalPodAutoscaler')!;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
    const object = { apiVersion: 'autoscaling/v2', kind: kind.kind, metadata: { name: 'h', namespace: 'default' }, spec: { scaleTargetRef, maxReplicas: 2, metrics } };
    const create = () => plane.api.create({ kind, namespace: 'default' }, object as unknown as Manifest, {}, { user: 'a', groups: [], manager: 'a' });
    expect(create).toThrow('seen');
  }); // prettier-ignore

  test('never judges policies', async () => {
    const matchConstraints = { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] };
    await make({ ...ALWAYS, matchConstraints });
    await bind();
    await plane.client.delete({ kind: VALIDATING_ADMISSION_POLICY_BINDINGS, name: 'b' });
    expect(write(map())).toBe('taken');
  });
});

describe('a policy with parameters', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const limits = (name: string, most: string, labels: object = {}) => map({ most }, { name, labels });
  const judged = {
    paramKind,
    matchConditions: [{ name: 'judged', expression: "object.metadata.name == 'm'" }],
    validations: [
      {
        expression: 'params == null || int(object.data.count) <= int(params.data.most)',
        messageExpression: "'at most ' + params.data.most",
      },
    ],
  };

  test.each<[string, object, string]>([
    ['by name', { name: 'small', parameterNotFoundAction: 'Deny' }, `${DENIED} at most 1`],
    ['by name, in a namespace', { name: 'small', namespace: 'default', parameterNotFoundAction: 'Deny' }, `${DENIED} at most 1`],
    ['by labels', { selector: { matchLabels: { size: 'big' } }, parameterNotFoundAction: 'Deny' }, 'taken'],
    ['by labels, several', { selector: {}, parameterNotFoundAction: 'Deny' }, `${DENIED} at most 1`],
    ['that are not there', { name: 'none', parameterNotFoundAction: 'Deny' },
      `${DENIED} failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`],
    ['that need not be there', { name: 'none', parameterNotFoundAction: 'Allow' }, 'taken'],
  ])('%s', async (_, paramRef, expected) => {
    await plane.client.create(CONFIG_MAPS, limits('small', '1'));
    await plane.client.create(CONFIG_MAPS, limits('big', '9', { size: 'big' }));
    await make(judged);
    await bind({ paramRef });
    expect(write(map({ count: '5' }))).toBe(expected);
  }); // prettier-ignore

  test('is asked without one where its binding names none', async () => {
    await make(judged);
    await bind();
    expect(write(map({ count: '5' }))).toBe('taken');
  });

  test('of a kind that is not there refuses', async () => {
    await make({ ...judged, paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limit' } });
    await bind({ paramRef: { name: 'a', parameterNotFoundAction: 'Allow' } });
    expect(write(map())).toBe(
      "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'rules.example.com/v1, Kind=Limit'",
    );
  });
});

describe('a policy is refused', () => {
  const unknown = (text: string, at: number, name: string) =>
    `compilation failed: ERROR: <input>:1:${at}: undeclared reference to '${name}' (in container '')\n | ${text}\n | ${'.'.repeat(at - 1)}^`;

  test.each<[string, object, string]>([
    ['whose expression does not compile', { validations: [{ expression: 'self.a == 1' }] }, `spec.validations[0].expression: Invalid value: "self.a == 1": ${unknown('self.a == 1', 1, 'self')}`],
    ['whose expression is no question', { validations: [{ expression: '1' }] }, 'spec.validations[0].expression: Invalid value: "1": must evaluate to bool but got int'],
    ['whose expression may be anything', { validations: [{ expression: 'object.a' }] }, 'spec.validations[0].expression: Invalid value: "object.a": must evaluate to bool but got dyn'],
    ['that asks for parameters that it has not', { validations: [{ expression: 'params == null' }] }, `spec.validations[0].expression: Invalid value: "params == null": ${unknown('params == null', 1, 'params')}`],
    ['that asks the request for what it has not', { validations: [{ expression: "request.verb == 'a'" }] },
      `spec.validations[0].expression: Invalid value: "request.verb == 'a'": compilation failed: ERROR: <input>:1:8: undefined field 'verb'\n | request.verb == 'a'\n | .......^`],
    ['whose variables use later ones', { variables: [{ name: 'a', expression: 'variables.b' }, { name: 'b', expression: '1' }], validations: [{ expression: 'true' }] },
      `spec.variables[0].expression: Invalid value: "variables.b": compilation failed: ERROR: <input>:1:10: undefined field 'b'\n | variables.b\n | .........^`],
    ['whose message is no text', { validations: [{ expression: 'true', messageExpression: '1' }] }, 'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int'],
    ['whose message asks who may', { validations: [{ expression: 'true', messageExpression: "authorizer.path('/').check('get').reason()" }] },
      `spec.validations[0].messageExpression: Invalid value: "authorizer.path('/').check('get').reason()": ${unknown("authorizer.path('/').check('get').reason()", 1, 'authorizer')}`],
    ['whose annotation is no text', { auditAnnotations: [{ key: 'a', valueExpression: '1' }] },
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int'],
    ['whose condition has no name', { matchConditions: [{ name: '', expression: 'true' }], validations: [{ expression: 'true' }] }, 'spec.matchConditions[0].name: Required value'],
  ])('%s', async (_, spec, expected) => {
    const refusal = await make(spec).then(() => 'taken', (error: Error) => error.message.replace(/^.* is invalid: /, '')); // prettier-ignore
    expect(refusal).toBe(expected);
  }); // prettier-ignore
});

test('a namespace is judged by its own labels', async () => {
  const matchConstraints = {
    resourceRules: [{ ...CONFIG_MAP_WRITES, resources: ['namespaces'] }],
    namespaceSelector: { matchLabels: { team: 'a' } },
  };
  await make({ ...ALWAYS, matchConstraints });
  await bind();
  const namespace = (name: string, labels: object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) as never;
  await expect(plane.client.create(NAMESPACES, namespace('a', { team: 'a' }))).rejects.toThrow(`${DENIED} no`);
  await expect(plane.client.create(NAMESPACES, namespace('b', {}))).resolves.toBeDefined();
});

describe('doors of an object', () => {
  const about = (resource: string, operation: string, apiGroup = '') => ({
    resourceRules: [{ apiGroups: [apiGroup], apiVersions: ['v1'], operations: [operation], resources: [resource] }],
  });
  const caller = { user: 'ann', groups: ['dev'], manager: 'kubectl' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const deployment = {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'default' },
    spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: pod.spec } },
  }; // prettier-ignore
  const placeOf = (object: Manifest, subresource: string) => {
    const kind = plane.api.kinds.byApiVersion(object.apiVersion, object.kind)!;
    return { kind, namespace: 'default', name: object.metadata.name, subresource };
  };
  const posted = (apiVersion: string, kind: string, more: object = {}) => ({ kind, apiVersion, metadata: { name: 'x', namespace: 'default' }, ...more }) as Manifest; // prettier-ignore

  test.each<[string, object, object, () => unknown]>([
    ['a status', about('pods/status', 'UPDATE'), pod, () => plane.api.patch(placeOf(pod, 'status'), { type: 'merge', patch: { status: { phase: 'Failed' } } }, {}, caller)],
    ['a scale', about('deployments/scale', 'UPDATE', 'apps'), deployment, () => plane.api.patch(placeOf(deployment, 'scale'), { type: 'merge', patch: { spec: { replicas: 3 } } }, {}, caller)],
    ['a binding', about('pods/binding', 'CREATE'), pod, () => plane.api.create(placeOf(pod, 'binding'), posted('v1', 'Binding', { target: { name: 'n' } }), {}, caller)],
    ['an eviction', about('pods/eviction', 'CREATE'), pod, () => plane.api.create(placeOf(pod, 'eviction'), posted('policy/v1', 'Eviction'), {}, caller)],
    ['a connection', about('pods/exec', 'CONNECT'), pod, () => plane.api.connect(placeOf(pod, 'exec'), posted('v1', 'PodExecOptions', { command: ['sh'] }), {}, caller)],
  ])('%s is judged', async (_, matchConstraints, object, act) => {
    const { apiVersion, kind } = object as Manifest;
    await plane.client.create(plane.api.kinds.byApiVersion(apiVersion, kind)!, object as never);
    await make({ matchConstraints, validations: [{ expression: "request.userInfo.username != 'ann' || !has(request.subResource)", message: 'no' }] });
    await bind();
    expect(act).toThrow(`${DENIED} no`);
  }); // prettier-ignore

  test('nobody is asked of the object behind them', async () => {
    await plane.client.create(plane.api.kinds.byApiVersion('apps/v1', 'Deployment')!, deployment as never);
    await make({ ...ALWAYS, matchConstraints: about('deployments', '*', 'apps') });
    await bind();
    const { found } = plane.api.patch(placeOf(deployment, 'scale'), { type: 'merge', patch: { spec: { replicas: 3 } } }, {}, caller);
    expect(found.value).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
  });
});
