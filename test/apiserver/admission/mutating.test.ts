import { beforeEach, describe, expect, test } from 'vitest';
import type { CallWebhook } from '../../../src/apiserver/webhooks/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  MUTATING_ADMISSION_POLICIES,
  MUTATING_ADMISSION_POLICY_BINDINGS,
  MUTATING_WEBHOOK_CONFIGURATION,
  PODS,
  type Manifest,
} from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';

let plane: ControlPlane;
let webhook: CallWebhook;
beforeEach(async () => {
  plane = await controlPlane({ callWebhook: (ask) => webhook(ask) });
});

const rule = (resources: string, apiGroups = '') => ({
  apiGroups: [apiGroups],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: [resources],
});

const policy = (spec: object, name = 'p') =>
  ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [rule('configmaps'), rule('deployments', 'apps')] },
      reinvocationPolicy: 'Never',
      ...spec,
    },
  }) as never;

const binding = (spec: object = {}, name = 'b') =>
  ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: 'p', ...spec },
  }) as never;

const applied = (...expressions: string[]) => ({
  mutations: expressions.map((expression) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })),
});
const operated = (...expressions: string[]) => ({
  mutations: expressions.map((expression) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })),
});

const make = (spec: object, name?: string) => plane.client.create(MUTATING_ADMISSION_POLICIES, policy(spec, name));
const bind = (spec?: object, name?: string) => plane.client.create(MUTATING_ADMISSION_POLICY_BINDINGS, binding(spec, name));

const map = (data: object = {}, metadata: object = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'default', ...metadata }, data }) as never;

const deployment = (spec: object = {}) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
      ...spec,
    },
  }) as never;

/** What is kept of a ConfigMap, or why it is refused. */
async function kept(object: never): Promise<unknown> {
  try {
    const { data, metadata } = (await plane.client.create(CONFIG_MAPS, object)) as Manifest & { data: unknown };
    return { ...(data as object), ...metadata.labels };
  } catch (error) {
    return (error as Error).message;
  }
}

const DENIED = "policy 'p' with binding 'b' denied request:";

describe('a ConfigMap', () => {
  test.each<[string, object, object, unknown]>([
    ['takes the fields of a configuration', applied('Object{metadata: Object.metadata{labels: {"x": "1"}}, data: {"b": "2"}}'), {}, { a: '1', b: '2', x: '1' }],
    ['takes operations', operated('[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("b"), value: "2"}, JSONPatch{op: "remove", path: "/data/a"}]'), {}, { b: '2' }],
    ['is left as it is where a test does not hold', operated('[JSONPatch{op: "test", path: "/data/a", value: "9"}, JSONPatch{op: "remove", path: "/data/a"}]'), {}, { a: '1' }],
    ['is left as it is where nothing is to be done', operated('has(object.data.z) ? [JSONPatch{op: "remove", path: "/data/z"}] : []'), {}, { a: '1' }],
    ['sees each mutation of those before it', { mutations: [...applied('Object{data: {"a": object.data.a + "2"}}').mutations, ...operated('[JSONPatch{op: "replace", path: "/data/a", value: object.data.a + "3"}]').mutations] }, {}, { a: '123' }],
    ['takes variables, parameters and who asks', { variables: [{ name: 'n', expression: "params == null ? 'none' : params.data.n" }], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...applied("Object{data: {'by': request.userInfo.username + ' ' + variables.n}}") }, {}, { a: '1', by: 'system:slipway:test none' }],
    ['is not changed where a condition is not met', { matchConditions: [{ name: 'c', expression: "object.metadata.name == 'other'" }], ...applied('Object{data: {"b": "2"}}') }, {}, { a: '1' }],
    ['is not changed by what is not about it', { matchConstraints: { resourceRules: [rule('secrets')] }, ...applied('Object{data: {"b": "2"}}') }, {}, { a: '1' }],
    ['is refused where the field is unknown', applied('Object{dataz: {"b": "2"}}'), {},
      `${DENIED} error applying patch: failed to convert patch object to typed object: .dataz: field not declared in schema`],
    ['is refused where an operation leaves an unknown field', operated('[JSONPatch{op: "add", path: "/datas", value: {"b": "2"}}]'), {},
      'Internal error occurred: strict decoding error: unknown field "datas"'],
    ['is refused where an operation cannot be done', operated('[JSONPatch{op: "add", path: "/x/y", value: "2"}]'), {},
      `${DENIED} JSONPath: add operation does not apply: doc is missing path: "/x/y": missing value`],
    ['is refused where the type is of another field', applied('Object{metadata: Object.meta{labels: {"x": "1"}}}'), {},
      `${DENIED} type mismatch: unexpected type name "Object.meta", expected "Object.metadata", which matches field name path from root Object type`],
    ['is refused where nothing can be worked out', applied('Object{data: {"b": object.data.nope}}'), {}, `${DENIED} expression 'Object{data: {"b": object.data.nope}}' resulted in error: no such key: nope`],
    ['is let through by a policy that is forgiving', { failurePolicy: 'Ignore', ...applied('Object{data: {"b": object.data.nope}}', 'Object{data: {"c": "3"}}') }, {}, { a: '1', c: '3' }],
    ['is refused where a condition cannot be worked out', { matchConditions: [{ name: 'c', expression: 'object.nope' }, { name: 'd', expression: 'object.nope == 1' }].slice(1), ...applied('Object{}') }, {},
      `${DENIED} expression 'object.nope == 1' resulted in error: no such key: nope`],
    ['is refused where a parameter is missing', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...applied('Object{}') }, { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } },
      `${DENIED} failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`],
    ['is refused where the parameters are of no kind', { paramKind: { apiVersion: 'x.io/v1', kind: 'X' }, ...applied('Object{}') }, {},
      `policy "p" denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.io/v1, Kind=X'`],
    ['keeps its name', operated('[JSONPatch{op: "replace", path: "/metadata/name", value: "other"}]'), {}, { a: '1' }],
    ['costs what it may', applied('Object{data: {"b": string([1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, [1,2,3,4,5,6,7,8,9]))))).size())}}'), {},
      expect.stringContaining('operation cancelled: actual cost limit exceeded')],
  ])('%s', async (_, spec, bound, expected) => {
    await make(spec);
    await bind(bound);
    expect(await kept(map({ a: '1' }))).toEqual(expected);
  }); // prettier-ignore

  test('is refused under the code and the reason of Kubernetes, with all causes', async () => {
    await make(applied('Object{data: {"b": object.data.nope}}', 'Object{data: {"c": object.data.never}}'));
    await bind();
    const refusal = await plane.client.create(CONFIG_MAPS, map({ a: '1' })).catch((error: Error) => error);
    expect((refusal as unknown as { toStatus(): object }).toStatus()).toMatchObject({
      code: 403,
      reason: 'Invalid',
      details: { name: 'm', kind: 'configmaps', causes: [{ message: expect.stringContaining('nope') }, { message: expect.stringContaining('never') }] },
    });
  }); // prettier-ignore

  test('is changed by policies in the order of their names, once for each binding and parameter', async () => {
    await plane.client.create(CONFIG_MAPS, map({ n: '1' }, { name: 'one', labels: { kind: 'number' } }));
    await plane.client.create(CONFIG_MAPS, map({ n: '2' }, { name: 'two', labels: { kind: 'number' } }));
    const add = (text: string) => applied(`Object{data: {"a": object.data.a + ${text}}}`);
    await make(add("'q'"), 'q');
    await make({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...add('params.data.n') });
    await bind({ policyName: 'q' }, 'a');
    await bind({ paramRef: { selector: { matchLabels: { kind: 'number' } }, parameterNotFoundAction: 'Deny' } });
    await bind({ paramRef: { name: 'one', parameterNotFoundAction: 'Deny' } }, 'c');
    expect(await kept(map({ a: '' }))).toEqual({ a: '121q' });
  });

  test('has no owner for what policies made of it', async () => {
    await make(applied('Object{data: {"b": "2"}}'));
    await bind();
    const { metadata } = await plane.client.create(CONFIG_MAPS, map({ a: '1' }));
    expect(metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1)).toEqual([{ 'f:data': { '.': {}, 'f:a': {} } }]);
  });

  test('is changed in an update too, and in a dry run', async () => {
    await make(applied("Object{data: {'last': oldObject == null ? 'none' : oldObject.data.a}}"));
    await bind();
    const made = await plane.client.create(CONFIG_MAPS, map({ a: '1' }));
    expect(await plane.client.update(CONFIG_MAPS, { ...made, data: { a: '2' } } as never, { dryRun: true })).toMatchObject({
      data: { a: '2', last: '1' },
    });
    expect((await plane.client.get(CONFIG_MAPS, 'm', 'default')).data).toEqual({ a: '1', last: 'none' });
  });
});

describe('a Deployment', () => {
  const create = async (spec?: object) => (await plane.client.create(DEPLOYMENTS, deployment(spec))).spec;

  test('gets a container beside its own, and its defaults', async () => {
    const containers = 'Object.spec.template.spec.containers';
    await make(
      applied(
        `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
           containers: [${containers}{name: "side", image: "side:1", ports: [${containers}.ports{containerPort: 80}]}]}}}}`,
      ),
    );
    await bind();
    const { template } = await create();
    expect(template.spec.containers.map(({ name }) => name)).toEqual(['c', 'side']);
    expect(template.spec.containers[1]).toMatchObject({
      imagePullPolicy: 'IfNotPresent',
      ports: [{ containerPort: 80, protocol: 'TCP' }],
    });
  });

  test('and one that is there is changed where it is', async () => {
    const containers = 'Object.spec.template.spec.containers';
    await make(
      applied(`Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
        containers: object.spec.template.spec.containers.map(c, ${containers}{name: c.name, image: "mirror.local/" + c.image})}}}}`),
    );
    await bind();
    expect((await create()).template.spec.containers).toMatchObject([{ name: 'c', image: 'mirror.local/web:1' }]);
  });

  test.each([
    ['a selector', 'Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"l": "v"}}}}', '.spec.selector'],
    [
      'a list that is one value',
      'Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{tolerations: [Object.spec.template.spec.tolerations{key: "a"}]}}}}',
      '.spec.template.spec.tolerations',
    ],
  ])('is not given %s, which would lose what it has', async (_, expression, path) => {
    await make(applied(expression));
    await bind();
    await expect(create()).rejects.toThrow(
      `${DENIED} error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${path}`,
    );
  });

  test('is judged by what came of it', async () => {
    await make(applied('Object{spec: Object.spec{replicas: -1}}'));
    await bind();
    await expect(create()).rejects.toThrow('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
  });

  test('its status is changed only where that is asked for', async () => {
    await make({
      matchConstraints: { resourceRules: [rule('deployments/status', 'apps')] },
      ...applied('Object{status: Object.status{readyReplicas: 7}}'),
    });
    await bind();
    const made = await plane.client.create(DEPLOYMENTS, deployment());
    expect(made.status?.readyReplicas).toBeUndefined();
    const updated = await plane.client.updateStatus(DEPLOYMENTS, { ...made, status: { replicas: 7 } });
    expect(updated.status).toMatchObject({ replicas: 7, readyReplicas: 7 });
  });
});

describe('once more', () => {
  const grow = (more: object = {}) => ({ ...applied("Object{data: {'n': object.data.n + 'p'}}"), ...more });

  test.each<[string, string, object]>([
    ['those that want to are asked where another changed the object after them', 'IfNeeded', { n: 'pqp' }],
    ['others are not', 'Never', { n: 'pq' }],
  ])('%s', async (_, reinvocationPolicy, expected) => {
    await make(grow({ reinvocationPolicy }));
    await bind();
    await make({ ...applied("Object{data: {'n': object.data.n + 'q'}}"), reinvocationPolicy: 'IfNeeded' }, 'q');
    await bind({ policyName: 'q' }, 'c');
    expect(await kept(map({ n: '' }))).toEqual(expected);
  });

  test('one that took no part is not asked either', async () => {
    await make({ ...grow({ reinvocationPolicy: 'IfNeeded' }), matchConditions: [{ name: 'c', expression: "object.data.n == 'q'" }] });
    await bind();
    await make(applied("Object{data: {'n': 'q'}}"), 'q');
    await bind({ policyName: 'q' }, 'c');
    expect(await kept(map({ n: '' }))).toEqual({ n: 'q' });
  });

  test('webhooks come after policies, and policies see what they did', async () => {
    const asked: unknown[] = [];
    webhook = async ({ request }) => {
      asked.push((request['object'] as { data: unknown }).data);
      return { allowed: true, status: undefined, warnings: [], patch: [{ op: 'add', path: '/data/w', value: '1' }] };
    };
    await make({ ...grow({ reinvocationPolicy: 'IfNeeded' }), matchConditions: [{ name: 'c', expression: 'has(object.data.n)' }] });
    await bind();
    await plane.client.create(MUTATING_WEBHOOK_CONFIGURATION, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'w' },
      webhooks: [
        {
          name: 'w.example.com',
          clientConfig: { url: 'https://127.0.0.1:1' },
          rules: [rule('configmaps')],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    expect(await kept(map({ n: '' }))).toEqual({ n: 'pp', w: '1' });
    expect(asked).toEqual([{ n: 'p' }]);
  });

  test('the server’s own steps see what policies did', async () => {
    await make({
      matchConstraints: { resourceRules: [rule('pods')] },
      ...applied('Object{spec: Object.spec{priorityClassName: "system-cluster-critical"}}'),
    });
    await bind();
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await expect(plane.client.create(PODS, pod as never)).rejects.toThrow('the integer value of priority (0) must not be provided');
  }); // prettier-ignore
});

describe('a policy is refused', () => {
  const one = (expression: string) => applied(expression).mutations[0]!;

  test.each<[string, object, string]>([
    ['without mutations', {}, 'spec.mutations: Required value: mutations must contain at least one item'],
    ['that does not say whether it is asked again', { ...applied('Object{}'), reinvocationPolicy: undefined }, 'spec.reinvocationPolicy: Required value'],
    ['that is about what is to go', { ...applied('Object{}'), matchConstraints: { resourceRules: [{ ...rule('pods'), operations: ['DELETE'] }] } },
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'],
    ['about nothing', { ...applied('Object{}'), matchConstraints: {} }, 'spec.matchConstraints.resourceRules: Required value'],
    ['that makes no object', applied('"teapot"'), 'spec.mutations[0].applyConfiguration.expression: Invalid value: "\\"teapot\\"": must evaluate to Object but got string'],
    ['that makes a part of one', applied('Object.spec{}'), 'spec.mutations[0].applyConfiguration.expression: Invalid value: "Object.spec{}": must evaluate to Object but got Object.spec'],
    ['that makes no operations', operated('[1]'), 'spec.mutations[0].jsonPatch.expression: Invalid value: "[1]": must evaluate to list(JSONPatch) but got list(int)'],
    ['whose patch is of no type', { mutations: [{ ...one('Object{}'), patchType: '' }] }, 'spec.mutations[0].patchType: Required value'],
    ['whose patch is of another type', { mutations: [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'Object{}' } }] },
      '[spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch, spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch]'],
    ['without an expression', applied(' '), 'spec.mutations[0].applyConfiguration.expression: Required value: expression is not specified'],
    ['with too many conditions', { ...applied('Object{}'), matchConditions: Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: 'true' })) },
      'spec.matchConditions: Too many: 65: must have at most 64 items'],
  ])('%s', async (_, spec, expected) => {
    const refusal = await make(spec).then(() => 'taken', (error: Error) => error.message.replace(/^.* is invalid: /, '')); // prettier-ignore
    expect(refusal).toBe(expected);
  }); // prettier-ignore

  test('what makes messages may do so in mutations only', async () => {
    await expect(make({ ...applied('Object{}'), variables: [{ name: 'a', expression: 'Object{}' }] })).rejects.toThrow(
      "undeclared reference to 'Object' (in container '')",
    );
  });
});
