import { beforeEach, describe, expect, test } from 'vitest';
import { StatusError } from '../../../src/base/index.ts';
import type { Backend } from '../../../src/apiserver/http/backend.ts';
import { CONFIG_MAP, DEPLOYMENT, WIDGET, answered, ask, fakeBackend, fakeKind, type FakeApi } from './fake.ts';

let api: FakeApi;
let backend: Backend;
beforeEach(() => {
  ({ api, backend } = fakeBackend());
});

const CM = { metadata: { namespace: 'default', name: 'a' }, data: { x: '1' } };
const lastCall = () => api.calls.at(-1)!;

describe('reading', () => {
  test('an object is answered as the text that is stored', async () => {
    const { text } = api.put(CONFIG_MAP, CM);
    expect(await answered(backend, 'GET /api/v1/namespaces/default/configmaps/a')).toMatchObject({
      code: 200,
      type: 'application/json',
      text,
    });
  });

  test('a list carries its version, and its items leave out what the list says: kind and apiVersion', async () => {
    api.put(CONFIG_MAP, CM);
    const { value } = await answered(backend, 'GET /api/v1/namespaces/default/configmaps');
    expect(value).toEqual({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '11' },
      items: [{ metadata: { ...CM.metadata, resourceVersion: '11' }, data: { x: '1' } }],
    });
  });

  test('items of a custom kind keep kind and apiVersion', async () => {
    api.put(WIDGET, { metadata: { namespace: 'default', name: 'w' } });
    const { value } = await answered(backend, 'GET /apis/example.dev/v1/namespaces/default/widgets');
    expect(value.items).toEqual([
      { kind: 'Widget', apiVersion: 'example.dev/v1', metadata: { namespace: 'default', name: 'w', resourceVersion: '11' } },
    ]);
  });

  test('an empty list has an empty list of items', async () => {
    const { value } = await answered(backend, 'GET /api/v1/configmaps');
    expect(value).toEqual({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '10' }, items: [] });
  });

  test('selectors, pages and versions are passed on', async () => {
    await answered(
      backend,
      'GET /api/v1/configmaps?labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=5&resourceVersion=7&resourceVersionMatch=Exact',
    );
    expect(lastCall()).toMatchObject({
      verb: 'list',
      query: {
        labelSelector: 'a=b',
        fieldSelector: 'metadata.name=x',
        limit: 5,
        resourceVersion: '7',
        resourceVersionMatch: 'Exact',
      },
    });
    await answered(backend, 'GET /api/v1/configmaps?limit=5&continue=abc');
    expect(lastCall()).toMatchObject({ verb: 'list', query: { limit: 5, continue: 'abc' } });
  });

  test('what is cut off a page is told', async () => {
    api.list = () => ({ revision: 12, items: [], continue: 'next', remaining: 3 });
    const { value } = await answered(backend, 'GET /api/v1/configmaps?limit=1');
    expect(value.metadata).toEqual({ resourceVersion: '12', continue: 'next', remainingItemCount: 3 });
  });

  test('pretty indents', async () => {
    const found = api.put(CONFIG_MAP, CM);
    const { text } = await answered(backend, 'GET /api/v1/namespaces/default/configmaps/a?pretty=true');
    expect(text).toBe(JSON.stringify(found.value, null, 2));
  });

  test('YAML, for who asks for it', async () => {
    api.put(CONFIG_MAP, CM);
    const { type, text } = await answered(backend, 'GET /api/v1/namespaces/default/configmaps/a', {
      headers: { accept: 'application/yaml' },
    });
    expect(type).toBe('application/yaml');
    expect(text).toBe(
      'kind: ConfigMap\napiVersion: v1\nmetadata:\n  namespace: default\n  name: a\n  resourceVersion: "11"\ndata:\n  x: "1"\n',
    );
  });
});

describe('nothing leaves before it is on disk', () => {
  const requests: [string, object?][] = [
    ['GET /api/v1/namespaces/default/configmaps/a'],
    ['GET /api/v1/namespaces/default/configmaps'],
    ['POST /api/v1/namespaces/default/configmaps', { ...CM, metadata: { name: 'b', namespace: 'default' } }],
    ['PUT /api/v1/namespaces/default/configmaps/a', CM],
    ['DELETE /api/v1/namespaces/default/configmaps/a'],
    ['GET /api/v1/namespaces/default/configmaps/gone'],
  ];
  test.each(requests)('%s', async (request, body) => {
    api.onDisk = 10;
    api.put(CONFIG_MAP, CM);
    let isAnswered = false;
    const working = answered(backend, request, { body }).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    api.reachDisk(api.revision);
    expect((await working).code).toBeLessThan(500);
  });
});

describe('tables', () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

  test('rows have cells, and the metadata of their objects', async () => {
    const { value: object } = api.put(CONFIG_MAP, CM);
    const { value } = await answered(backend, 'GET /api/v1/namespaces/default/configmaps', { headers: { accept } });
    expect(value).toEqual({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '11' },
      columnDefinitions: [
        { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
        { name: 'Size', type: 'integer', format: '', description: '', priority: 1 },
      ],
      rows: [{ cells: ['a', 1], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } }],
    });
  });

  test('a single object is a table of one row', async () => {
    api.put(CONFIG_MAP, CM);
    const { value } = await answered(backend, 'GET /api/v1/namespaces/default/configmaps/a', { headers: { accept } });
    expect(value).toMatchObject({ kind: 'Table', metadata: { resourceVersion: '11' }, rows: [{ cells: ['a', 1] }] });
  });

  test('includeObject=Object brings the whole object, None nothing', async () => {
    const { value: object } = api.put(CONFIG_MAP, CM);
    const whole = await answered(backend, 'GET /api/v1/configmaps?includeObject=Object', { headers: { accept } });
    expect(whole.value.rows[0].object).toEqual(object);
    const none = await answered(backend, 'GET /api/v1/configmaps?includeObject=None', { headers: { accept } });
    expect(none.value.rows[0].object).toBeNull();
    const some = await answered(backend, 'GET /api/v1/configmaps?includeObject=Some', { headers: { accept } });
    expect([some.code, some.value.message]).toEqual([
      400,
      `Unable to convert to Table as requested: includeObject: Invalid value: "Some": must be 'Metadata', 'Object', 'None', or empty`,
    ]);
  });

  test('PartialObjectMetadata, one and a list', async () => {
    const { value: object } = api.put(CONFIG_MAP, CM);
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
    const one = await answered(backend, 'GET /api/v1/namespaces/default/configmaps/a', {
      headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
    });
    expect(one.value).toEqual(partial);
    const list = await answered(backend, 'GET /api/v1/configmaps', {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
    });
    expect(list.value).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', items: [partial] });
  });

  test.each(['Table', 'PartialObjectMetadataList'])('a %s comes in the older version to who asks for that', async (as) => {
    api.put(CONFIG_MAP, CM);
    const headers = { accept: `application/json;as=${as};g=meta.k8s.io;v=v1beta1, application/json` };
    const { value } = await answered(backend, 'GET /api/v1/configmaps', { headers });
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1' };
    expect(value).toMatchObject({ kind: as, apiVersion: 'meta.k8s.io/v1beta1' });
    expect(as === 'Table' ? value.rows[0].object : value.items[0]).toMatchObject(partial);
  });

  test('a scale has columns of its own', async () => {
    const scale = { kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 3 }, status: { replicas: 2 } };
    api.get = () => ({ revision: 1, text: JSON.stringify(scale), value: scale as never });
    const { value } = await answered(backend, 'GET /apis/apps/v1/namespaces/default/deployments/d/scale', { headers: { accept } });
    expect(value.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Desired', 'Available', 'Age']);
    expect(value.rows[0].cells).toEqual(['d', 3, 2, '<unknown>']);
  });

  test('what else a subresource gives is no table', async () => {
    api.get = () => ({ revision: 1, text: '{"kind":"Eviction"}', value: { kind: 'Eviction' } as never });
    const { value } = await answered(backend, 'GET /apis/apps/v1/namespaces/default/deployments/d/scale', { headers: { accept } });
    expect(value).toEqual({ kind: 'Eviction' });
  });
});

describe('writing', () => {
  test('a create is 201 with the new object, under the user agent as field manager', async () => {
    const { code, value } = await answered(backend, 'POST /api/v1/namespaces/default/configmaps', {
      body: CM,
      headers: { 'user-agent': 'kubectl/v1.32 (linux)' },
    });
    expect(code).toBe(201);
    expect(value).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', resourceVersion: '11' } });
    expect(lastCall()).toMatchObject({ verb: 'create', manager: 'kubectl', query: { dryRun: false, fieldValidation: 'Warn' } });
  });

  test('options are passed on', async () => {
    await answered(backend, 'POST /api/v1/namespaces/default/configmaps?dryRun=All&fieldManager=me&fieldValidation=Strict', { body: CM });
    expect(lastCall()).toMatchObject({ manager: 'me', query: { dryRun: true, fieldValidation: 'Strict' } });
  });

  test('YAML bodies are read as kubectl reads them', async () => {
    const body = 'metadata:\n  namespace: default\n  name: y\ndata:\n  mode: 0644\n';
    const { value } = await answered(backend, 'POST /api/v1/namespaces/default/configmaps', {
      body,
      headers: { 'content-type': 'application/yaml' },
    });
    expect(value.data).toEqual({ mode: 420 });
  });

  test('warnings become headers', async () => {
    api.warnings = ['unknown field "spec.x"', 'unknown field "spec.x"', 'two\nlines'];
    const { headers } = await answered(backend, 'POST /api/v1/namespaces/default/configmaps', { body: CM });
    expect(headers).toEqual({ warning: ['299 - "unknown field \\"spec.x\\""', '299 - "two lines"'] });
  });

  const patches: [string, unknown, unknown][] = [
    ['application/json-patch+json', [{ op: 'remove', path: '/data/x' }], { type: 'json', operations: [{ op: 'remove', path: '/data/x' }] }],
    ['application/merge-patch+json', { data: { x: null } }, { type: 'merge', patch: { data: { x: null } } }],
    ['application/strategic-merge-patch+json; charset=utf-8', { data: {} }, { type: 'strategic', patch: { data: {} } }],
  ];
  test.each(patches)('%s', async (type, body, patch) => {
    api.put(CONFIG_MAP, CM);
    const { code } = await answered(backend, 'PATCH /api/v1/namespaces/default/configmaps/a', { body, headers: { 'content-type': type } });
    expect(code).toBe(200);
    expect(lastCall()).toMatchObject({ verb: 'patch', body: patch, query: { force: false } });
  });

  test('server-side apply, in YAML, with force', async () => {
    api.put(CONFIG_MAP, CM);
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n';
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    await answered(backend, 'PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=me&force=true', { body, headers });
    expect(lastCall()).toMatchObject({
      manager: 'me',
      query: { force: true },
      body: { type: 'apply', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } } },
    });
  });

  test('a delete is a Status once the object is gone', async () => {
    api.put(DEPLOYMENT, { metadata: { namespace: 'default', name: 'd', uid: 'u1' } });
    const { code, value } = await answered(backend, 'DELETE /apis/apps/v1/namespaces/default/deployments/d');
    expect(code).toBe(200);
    const details = { name: 'd', group: 'apps', kind: 'deployments', uid: 'u1' };
    expect(value).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  });

  test('a delete is the object while it is still there', async () => {
    api.put(CONFIG_MAP, { ...CM, metadata: { ...CM.metadata, finalizers: ['x/y'] } });
    expect((await answered(backend, 'DELETE /api/v1/namespaces/default/configmaps/a')).value).toMatchObject({ kind: 'ConfigMap' });
  });

  test('the options of a delete come from its body or its query', async () => {
    const wanted = { propagationPolicy: 'Foreground', gracePeriodSeconds: 0, dryRun: true };
    api.put(CONFIG_MAP, CM);
    await answered(backend, 'DELETE /api/v1/namespaces/default/configmaps/a?propagationPolicy=Foreground&gracePeriodSeconds=0&dryRun=All');
    expect(lastCall().query).toEqual(wanted);
    api.put(CONFIG_MAP, CM);
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Foreground',
      gracePeriodSeconds: 0,
      dryRun: ['All'],
      preconditions: { uid: 'u' },
    };
    await answered(backend, 'DELETE /api/v1/namespaces/default/configmaps/a', { body });
    expect(lastCall().query).toEqual({ ...wanted, preconditions: { uid: 'u' } });
  });

  test.each([{ query: '?gracePeriodSeconds=-5' }, { query: '', body: { gracePeriodSeconds: -5 } }])(
    'less grace than none is a second: %j',
    async ({ query, body }) => {
      api.put(CONFIG_MAP, CM);
      await answered(backend, `DELETE /api/v1/namespaces/default/configmaps/a${query}`, body ? { body } : {});
      expect(lastCall().query).toMatchObject({ gracePeriodSeconds: 1 });
    },
  );

  test('a collection is deleted with selectors, and answered as a list', async () => {
    const { value } = await answered(backend, 'DELETE /api/v1/namespaces/default/configmaps?labelSelector=a%3Db');
    expect(value.kind).toBe('ConfigMapList');
    expect(lastCall()).toMatchObject({ verb: 'deletecollection', query: { labelSelector: 'a=b' } });
  });

  test.each([
    ['one', '/d', '', true],
    ['a collection', '', '', true],
    ['one, where it is said what becomes of them', '/d', '?propagationPolicy=Orphan', false],
    ['a collection, where it is said what becomes of them', '', '?orphanDependents=true', false],
  ])('a delete that leaves dependents unasked is warned of: %s', async (_, name, options, isWarned) => {
    const kind = fakeKind('Job', { group: 'batch', leavesDependents: { warning: 'pods stay' } });
    api.kinds.add(kind);
    api.put(kind, { metadata: { namespace: 'default', name: 'd' } });
    const { code, headers } = await answered(backend, `DELETE /apis/batch/v1/namespaces/default/jobs${name}${options}`);
    expect(code).toBe(200);
    expect(headers?.['warning']).toEqual(isWarned ? ['299 - "pods stay"'] : undefined);
  });

  test('a posted subresource keeps its own kind', async () => {
    const body = { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { name: 'n' } };
    await answered(backend, 'POST /api/v1/namespaces/default/pods/p/binding', { body });
    expect(lastCall()).toMatchObject({ verb: 'create', place: { namespace: 'default', name: 'p', subresource: 'binding' }, body });
  });
});

describe('refusals', () => {
  const NOT_FOUND = 'the server could not find the requested resource';
  const NOT_ALLOWED = 'the server does not allow this method on the requested resource';
  const INITIAL_EVENTS = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
  const JSON_BODY = { 'content-type': 'application/json' };
  const cases: [string, string, number, string | RegExp, { body?: unknown; headers?: object }?][] = [
    ['an unknown kind', 'GET /api/v1/things', 404, NOT_FOUND],
    ['an unknown group', 'GET /apis/none/v1/things/x', 404, NOT_FOUND],
    ['an unknown path', 'GET /nothing', 404, NOT_FOUND],
    ['an unknown subresource', 'GET /api/v1/namespaces/default/configmaps/a/status', 404, NOT_FOUND],
    ['a namespaced object without its namespace', 'GET /api/v1/configmaps/a', 404, NOT_FOUND],
    ['a cluster-wide kind in a namespace', 'GET /api/v1/namespaces/default/namespaces/x', 404, NOT_FOUND],
    ['a method that a collection has not', 'PUT /api/v1/namespaces/default/configmaps', 405, NOT_ALLOWED],
    ['a create over all namespaces', 'POST /api/v1/configmaps', 405, NOT_ALLOWED],
    ['a create at a name', 'POST /api/v1/namespaces/default/configmaps/a', 405, NOT_ALLOWED],
    ['a verb that the kind has not', 'DELETE /api/v1/namespaces', 405, NOT_ALLOWED],
    ['a verb that the subresource has not', 'DELETE /api/v1/namespaces/default/pods/p/status', 405, NOT_ALLOWED],
    [
      'an answer in a format that there is not',
      'GET /api/v1/configmaps',
      406,
      /^only the following media types are accepted: application\/json/,
      { headers: { accept: 'application/vnd.kubernetes.protobuf' } },
    ],
    [
      'a list where one object is asked for',
      'GET /api/v1/configmaps',
      406,
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
      { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' } },
    ],
    [
      'one object where a list is asked for',
      'POST /apis/apps/v1/namespaces/default/deployments',
      406,
      'you requested PartialObjectMetadataList, but the requested object is not a list (*apps.Deployment)',
      {
        body: '{"metadata":{"name":"d"}}',
        headers: { ...JSON_BODY, accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
      },
    ],
    ...(
      [
        ['a table of an eviction', 'POST /api/v1/namespaces/default/pods/p/eviction'],
        ['a table where a list comes as events', `GET /api/v1/configmaps?watch=1&${INITIAL_EVENTS}&allowWatchBookmarks=true`],
      ] as const
    ).map(([name, request]): (typeof cases)[number] => [
      name,
      request,
      406,
      /^only the following media types are accepted/,
      { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } },
    ]),
    [
      'a body in a format that is not read',
      'POST /api/v1/namespaces/default/configmaps',
      415,
      /^the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml/,
      { headers: { 'content-type': 'application/cbor' } },
    ],
    [
      'a body that is not the protobuf that it says',
      'POST /api/v1/namespaces/default/configmaps',
      400,
      /^the protobuf body cannot be decoded/,
      { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } },
    ],
    [
      'a patch in a format that is not read',
      'PATCH /api/v1/namespaces/default/configmaps/a',
      415,
      /accepted media types include: application\/json-patch\+json/,
      { headers: { 'content-type': 'application/apply-patch+cbor' } },
    ],
    [
      'a body that is no JSON',
      'POST /api/v1/namespaces/default/configmaps',
      400,
      /json parse error/,
      { body: '{"kind":', headers: JSON_BODY },
    ],
    [
      'a body that is no object',
      'POST /api/v1/namespaces/default/configmaps',
      400,
      /must be of type ConfigMap/,
      { body: '[]', headers: JSON_BODY },
    ],
    [
      'a body that is no YAML',
      'POST /api/v1/namespaces/default/configmaps',
      400,
      /line 2/,
      { body: 'a: 1\nb: &', headers: { 'content-type': 'application/yaml' } },
    ],
    [
      'two documents',
      'POST /api/v1/namespaces/default/configmaps',
      400,
      /one document/,
      { body: 'a: 1\n---\nb: 2', headers: { 'content-type': 'application/yaml' } },
    ],
    [
      'a JSON patch that is no list',
      'PATCH /api/v1/namespaces/default/configmaps/a',
      400,
      /^json: cannot unmarshal object into Go value of type jsonpatch.Patch$/,
      { body: '{}', headers: { 'content-type': 'application/json-patch+json' } },
    ],
    [
      'an unknown dry run',
      'POST /api/v1/namespaces/default/configmaps?dryRun=Some',
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
      { body: CM },
    ],
    [
      'a manager with too long a name',
      `POST /api/v1/namespaces/default/configmaps?fieldManager=${'m'.repeat(129)}`,
      422,
      'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
      { body: CM },
    ],
    [
      'a manager that cannot be shown, and more that is wrong',
      'PUT /api/v1/namespaces/default/configmaps/a?fieldManager=%C3%BC%09&dryRun=Some',
      422,
      /fieldManager: Invalid value: "ü\\t": invalid character U\+0009 \(at position 2\), dryRun: Unsupported/,
      { body: CM },
    ],
    [
      'an unknown validation',
      'PUT /api/v1/namespaces/default/configmaps/a?fieldValidation=No',
      422,
      /^UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "No"/,
      { body: CM },
    ],
    [
      'an unknown propagation',
      'DELETE /api/v1/namespaces/default/configmaps/a?propagationPolicy=Up',
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Up": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'two ways of saying what becomes of dependents',
      'DELETE /api/v1/namespaces/default/configmaps/a',
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
      { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Orphan', orphanDependents: true } },
    ],
    [
      'an apply without a manager',
      'PATCH /api/v1/namespaces/default/configmaps/a',
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      { body: CM, headers: { 'content-type': 'application/apply-patch+yaml' } },
    ],
    [
      'force without apply',
      'PATCH /api/v1/namespaces/default/configmaps/a?force=true',
      422,
      /force: Forbidden: may not be specified for non-apply patch/,
      { body: '{}', headers: { 'content-type': 'application/merge-patch+json' } },
    ],
    ['a limit that is no number', 'GET /api/v1/configmaps?limit=many', 400, /limit: Invalid value: "many"/],
    ['a broken encoding', 'GET /api/v1/namespaces/%zz/configmaps', 400, /not encoded/],
    ['a shell in a pod that is not there', 'POST /api/v1/namespaces/default/pods/p/exec?command=sh', 404, 'pods "p" not found'],
  ];
  test.each(cases)('%s', async (_, request, code, message, options = {}) => {
    const answer = await answered(backend, request, options as object);
    expect(answer.value).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect(answer.code).toBe(code);
  });

  test('a refusal of the verbs is passed on as it is', async () => {
    api.list = () => {
      throw new StatusError('Timeout', 'Too large resource version: 9, current: 1', {
        causes: [{ reason: 'ResourceVersionTooLarge' }],
        retryAfterSeconds: 1,
      });
    };
    const { code, value, headers } = await answered(backend, 'GET /api/v1/configmaps');
    expect(code).toBe(504);
    expect(value).toMatchObject({ reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 } });
    expect(headers).toEqual({ 'retry-after': '1' });
  });

  test('a fault of ours is a 500 that says so', async () => {
    api.list = () => {
      throw new TypeError('oops');
    };
    expect((await answered(backend, 'GET /api/v1/configmaps')).value).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: 'Internal error occurred: oops',
    });
  });
});

describe('who may', () => {
  test.each(['GET /healthz', 'GET /livez', 'GET /readyz', 'GET /version'])('everybody: %s', async (request) => {
    expect((await ask(backend, request, { certificate: null })).code).toBe(200);
  });

  test.each([
    ['GET /api', 'get path "/api"'],
    ['GET /metrics', 'get path "/metrics"'],
    ['GET /openapi/v3', 'get path "/openapi/v3"'],
    ['POST /healthz', 'post path "/healthz"'],
    ['GET /api/v1/configmaps', 'list resource "configmaps" in API group "" at the cluster scope'],
    ['GET /apis/none/v1/nothing/x', 'get resource "nothing" in API group "none" at the cluster scope'],
  ])('who shows nothing is anonymous: %s', async (request, wanted) => {
    const { value } = await answered(backend, request, { certificate: null });
    expect(value).toMatchObject({ status: 'Failure', reason: 'Forbidden', code: 403 });
    expect(value.message).toContain(`forbidden: User "system:anonymous" cannot ${wanted}`);
  });

  test('who shows what does not convince is told so everywhere', async () => {
    const deaf = { ...backend, authenticate: () => undefined };
    for (const request of ['GET /healthz', 'GET /api/v1/configmaps']) {
      const { value } = await answered(deaf, request);
      expect(value).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
    }
  });

  test('who is no administrator is refused in Kubernetes words', async () => {
    const { value } = await answered(backend, 'GET /api/v1/namespaces/default/pods', { certificate: { CN: 'bob' } });
    expect(value).toMatchObject({
      code: 403,
      message: 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    const path = await answered(backend, 'GET /metrics', { certificate: { CN: 'bob' } });
    expect(path.value.message).toBe('forbidden: User "bob" cannot get path "/metrics"');
  });
});

test('requests are counted and timed under the names that dashboards for Kubernetes know', async () => {
  await answered(backend, 'GET /api/v1/namespaces/default/pods/none');
  await answered(backend, 'GET /apis/apps/v1/deployments');
  await answered(backend, 'GET /api/v1/whatever');
  const { text } = await answered(backend, 'GET /metrics');
  const one = 'component="apiserver",verb="GET",group="",version="v1",resource="pods",subresource="",scope="resource"';
  const all = 'component="apiserver",verb="LIST",group="apps",version="v1",resource="deployments",subresource="",scope="cluster"';
  expect(text).toContain(`apiserver_request_total{${one},code="404"} 1\n`);
  expect(text).toContain(`apiserver_request_total{${all},code="200"} 1\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_bucket{${all},le="0.005"} 1\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_bucket{${all},le="+Inf"} 1\n`);
  expect(text).toContain(`apiserver_request_duration_seconds_count{${all}} 1\n`);
  expect(text).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0\n');
  expect(text).not.toContain('whatever');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^nodejs_heap_size_used_bytes \d+$/m);
});
