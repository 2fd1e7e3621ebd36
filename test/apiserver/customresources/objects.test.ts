import { beforeEach, describe, expect, test } from 'vitest';
import type { StatusError } from '../../../src/base/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type Manifest } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { define, definition, GROUP, version, website, WEBSITES } from './definitions.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const create = (spec: object, options = {}) => plane.client.create(WEBSITES, website('a', spec), options);

describe('what a schema keeps', () => {
  const open = { 'x-kubernetes-preserve-unknown-fields': true };
  test.each<[what: string, properties: object, spec: object, kept: object]>([
    ['a field that it does not name goes', { a: { type: 'string' } }, { a: 'x', b: 1 }, { a: 'x' }],
    ['in the items of a list too', { l: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } } }, { l: [{ a: 'x', b: 1 }] }, { l: [{ a: 'x' }] }],
    ['in the values of a map too', { m: { type: 'object', additionalProperties: { type: 'object', properties: {} } } }, { m: { k: { b: 1 } } }, { m: { k: {} } }],
    ['where it is open everything stays', { o: { type: 'object', ...open } }, { o: { a: { b: [1] } } }, { o: { a: { b: [1] } } }],
    ['in what is open, what it names is pruned', { o: { type: 'object', ...open, properties: { n: { type: 'object', properties: {} } } } }, { o: { x: 1, n: { y: 1 } } }, { o: { x: 1, n: {} } }],
    ['a null that is not allowed goes', { a: { type: 'string' } }, { a: null }, {}],
    ['a null that is allowed stays', { a: { type: 'string', nullable: true } }, { a: null }, { a: null }],
    ['a number or a text', { p: { 'x-kubernetes-int-or-string': true } }, { p: '50%' }, { p: '50%' }],
    ['an embedded object has its metadata', { e: { type: 'object', 'x-kubernetes-embedded-resource': true, ...open } }, { e: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} } }, { e: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} } }],
    ['a default where nothing is said', { p: { type: 'integer', default: 80 } }, {}, { p: 80 }],
    ['a default in place of a null', { p: { type: 'integer', default: 80 } }, { p: null }, { p: 80 }],
    ['a default that is nothing', { f: { type: 'boolean', default: false }, n: { type: 'integer', default: 0 }, t: { type: 'string', default: '' } }, {}, { f: false, n: 0, t: '' }],
    ['defaults inside a default', { o: { type: 'object', default: {}, properties: { p: { type: 'integer', default: 1 } } } }, {}, { o: { p: 1 } }],
    ['no default inside what is not there', { o: { type: 'object', properties: { p: { type: 'integer', default: 1 } } } }, {}, {}],
    ['defaults in items', { l: { type: 'array', items: { type: 'object', properties: { p: { type: 'string', default: 'x' } } } } }, { l: [{}, { p: 'y' }] }, { l: [{ p: 'x' }, { p: 'y' }] }],
  ])('%s', async (_, properties, spec, kept) => {
    await define(plane, { versions: [version(properties)] });
    expect((await create(spec, { fieldValidation: 'Ignore' }) as Manifest)['spec']).toEqual(kept);
  }); // prettier-ignore

  test('a field that it does not name is refused when the client is strict', async () => {
    await define(plane);
    await expect(create({ host: 'a', b: 1 }, { fieldValidation: 'Strict' })).rejects.toMatchObject({
      reason: 'BadRequest',
      message: 'Website in version "v1" cannot be handled as a Website: strict decoding error: unknown field "spec.b"',
    });
  });

  test('and by an apply from any client', async () => {
    const item = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, port: { type: 'integer' } } };
    const list = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: item };
    await define(plane, { versions: [version({ doors: list, steps: { type: 'array', items: item } })] });
    const spec = { doors: [{ name: 'front', width: 1 }], steps: [{ name: 'a' }, { name: 'b', height: 1 }], b: 1 };
    const why = [
      'failed to create typed patch object (default/a; shop.example.com/v1, Kind=Website): errors:',
      '  .spec.doors[name="front"].width: field not declared in schema',
      '  .spec.steps[1].height: field not declared in schema',
      '  .spec.b: field not declared in schema',
    ];
    await expect(plane.client.apply(WEBSITES, website('a', spec), { fieldValidation: 'Ignore' })).rejects.toMatchObject({
      reason: 'BadRequest',
      message: why.join('\n'),
    });
  });
});

describe('what a schema refuses', () => {
  test.each<[what: string, schema: object, value: unknown, problem: string]>([
    ['a wrong type', { type: 'integer' }, 'x', 'spec.f: Invalid value: "string": spec.f in body must be of type integer: "string"'],
    ['neither a number nor a text', { 'x-kubernetes-int-or-string': true }, true, 'spec.f: Invalid value: "boolean": spec.f in body must be of type integer,string: "boolean"'],
    ['a null in a list', { type: 'array', items: { type: 'string' } }, [null], 'spec.f[0]: Invalid value: "null": spec.f[0] in body must be of type string: "null"'],
    ['a value outside its list', { type: 'string', enum: ['a', 'b'] }, 'c', 'spec.f: Unsupported value: "c": supported values: "a", "b"'],
    ['too little', { type: 'integer', minimum: 1 }, 0, 'spec.f: Invalid value: 0: spec.f in body should be greater than or equal to 1'],
    ['the bound itself', { type: 'integer', minimum: 1, exclusiveMinimum: true }, 1, 'spec.f: Invalid value: 1: spec.f in body should be greater than 1'],
    ['a text without its pattern', { type: 'string', pattern: '^[a-z\\-]+$' }, 'A', `spec.f: Invalid value: "A": spec.f in body should match '^[a-z\\-]+$'`],
    ['a text that is too long', { type: 'string', maxLength: 2 }, 'abc', 'spec.f: Too long: may not be more than 2 bytes'],
    ['too many items', { type: 'array', maxItems: 1, items: { type: 'string' } }, ['a', 'b'], 'spec.f: Too many: 2: must have at most 1 items'],
    ['a missing field', { type: 'object', required: ['x'], properties: { x: { type: 'string' } } }, {}, 'spec.f.x: Required value'],
    ['a time that is none', { type: 'string', format: 'date-time' }, 'now', 'spec.f: Invalid value: "now": spec.f in body must be of type date-time: "now"'],
    ['a set with an item twice', { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }, ['a', 'a'], 'spec.f[1]: Duplicate value: "a"'],
    ['a map with a key twice', { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object', required: ['k'], properties: { k: { type: 'string' } } } }, [{ k: 'a' }, { k: 'a' }], 'spec.f[1]: Duplicate value: {"k":"a"}'],
  ])('%s', async (_, schema, value, problem) => {
    await define(plane, { versions: [version({ f: schema })] });
    await expect(create({ f: value })).rejects.toMatchObject({ reason: 'Invalid', message: `Website.${GROUP} "a" is invalid: ${problem}` });
  }); // prettier-ignore

  test('all of it at once', async () => {
    const properties = { a: { type: 'integer' }, b: { type: 'string', enum: ['x'] }, c: { type: 'integer', default: 1 } };
    await define(plane, { versions: [version(properties)] });
    await expect(create({ a: 'x', b: 'y' })).rejects.toMatchObject({
      message: `Website.${GROUP} "a" is invalid: [spec.a: Invalid value: "string": spec.a in body must be of type integer: "string", spec.b: Unsupported value: "y": supported values: "x"]`,
    });
  });

  const either = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
  };
  test.each<[what: string, schema: object, value: unknown, problems: string[]]>([
    ['one of two', either, { b: 'x' }, []],
    ['neither of two', either, {}, ['spec.f.a: Required value', 'spec.f: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found none valid']],
    ['both of two', either, { a: 'x', b: 'x' }, ['spec.f: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
    ['none of any', { type: 'integer', anyOf: [{ minimum: 5 }, { maximum: 1 }] }, 3, ['spec.f: Invalid value: 3: spec.f in body should be greater than or equal to 5', 'spec.f: Invalid value: "": "spec.f" must validate at least one schema (anyOf)']],
    ['what must not be', { type: 'string', not: { enum: ['x'] } }, 'x', ['spec.f: Invalid value: "": "spec.f" must not validate the schema (not)']],
    ['two of all', { type: 'integer', allOf: [{ minimum: 5 }, { multipleOf: 2 }] }, 3, ['spec.f: Invalid value: 3: spec.f in body should be greater than or equal to 5', 'spec.f: Invalid value: 3: spec.f in body should be a multiple of 2']],
    ['a multiple in decimals', { type: 'number', multipleOf: 0.1 }, 0.3, []],
    ['an embedded object that does not say what it is', { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }, { kind: 'Pod' }, ['spec.f.apiVersion: Required value: must not be empty']],
    ['a number or a text', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, '5%', []],
  ])('logic: %s', async (_, schema, value, problems) => {
    await define(plane, { versions: [version({ f: schema })] });
    const causes = await create({ f: value }).then(
      () => [],
      (error: StatusError) => error.details?.causes?.map(({ field, message }) => `${field}: ${message}`),
    );
    expect(causes).toEqual(problems);
  }); // prettier-ignore

  test('a name that the schema restricts', async () => {
    const made = version({});
    const metadata = { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } };
    const schema = { openAPIV3Schema: { type: 'object', properties: { metadata } } };
    await define(plane, { versions: [{ ...made, schema }] });
    await expect(plane.client.create(WEBSITES, website('long'))).rejects.toMatchObject({
      message: expect.stringContaining('metadata.name: Too long: may not be more than 3 bytes'),
    });
    await expect(plane.client.create(WEBSITES, website('ok'))).resolves.toBeDefined();
  });

  test('patterns are read as Go reads them', async () => {
    await define(plane, { versions: [version({ f: { type: 'string', pattern: '(?i)^[[:alpha:]]+\\z' } })] });
    expect(((await create({ f: 'AbC' })) as Manifest)['spec']).toEqual({ f: 'AbC' });
  });
});

describe('versions', () => {
  const V2 = { ...WEBSITES, version: 'v2' };

  test('show one object under their names; it is stored in one of them', async () => {
    const v1 = version({ host: { type: 'string' } }, { storage: false });
    const v2 = version({ host: { type: 'string' }, tls: { type: 'boolean', default: true } }, { name: 'v2' });
    await define(plane, { versions: [v1, v2] });
    expect(await create({ host: 'a' })).toMatchObject({ apiVersion: `${GROUP}/v1`, spec: { host: 'a' } });
    expect(plane.store.get(`${GROUP}/websites/default/a`)?.value).toMatchObject({ apiVersion: `${GROUP}/v2` });
    const shown = await plane.client.get<Manifest>(V2, 'a', 'default');
    expect(shown).toMatchObject({ apiVersion: `${GROUP}/v2`, spec: { host: 'a', tls: true } });
    expect((await plane.client.list<Manifest>(WEBSITES)).items[0]).toMatchObject({ apiVersion: `${GROUP}/v1` });
    const changed = await plane.client.update<Manifest>(V2, { ...shown, spec: { host: 'b', tls: false } } as Manifest);
    expect(changed.metadata.generation).toBe(2);
    expect((await plane.client.get<Manifest>(WEBSITES, 'a', 'default'))['spec']).toEqual({ host: 'b' });
  });

  test('a write that changes nothing keeps the revision, also through the version that is not stored', async () => {
    await define(plane, {
      versions: [version({ host: { type: 'string' } }, { storage: false }), version({ host: { type: 'string' } }, { name: 'v2' })],
    });
    const made = await create({ host: 'a' });
    const again = await plane.client.update<Manifest>(WEBSITES, made);
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });
});

describe('subresources', () => {
  const subresources = {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  };
  const fields = { replicas: { type: 'integer', minimum: 0 }, host: { type: 'string' } };

  test('without a status of its own, status is a field like others', async () => {
    await define(plane);
    const made = await plane.client.create(WEBSITES, website('a', {}, { status: { x: 1 } }));
    expect(made).toMatchObject({ status: { x: 1 }, metadata: { generation: 1 } });
    expect(await plane.client.update(WEBSITES, { ...made, status: { x: 2 } } as Manifest)).toMatchObject({ metadata: { generation: 2 } });
  });

  test('with one, a write changes either the status or all else', async () => {
    await define(plane, { versions: [version(fields, { subresources })] });
    const made = await plane.client.create(WEBSITES, website('a', { host: 'a' }, { status: { x: 1 } }));
    expect(made['status']).toBeUndefined();
    const metadata = { ...made.metadata, annotations: { not: 'taken' } };
    const reported = await plane.client.updateStatus(WEBSITES, { ...made, metadata, spec: { host: 'no' }, status: { x: 2 } } as Manifest);
    expect(reported.metadata.annotations).toBeUndefined();
    expect(reported).toMatchObject({ spec: { host: 'a' }, status: { x: 2 }, metadata: { generation: 1 } });
    const changed = await plane.client.update(WEBSITES, { ...reported, spec: { host: 'b' }, status: { x: 3 } } as Manifest);
    expect(changed).toMatchObject({ spec: { host: 'b' }, status: { x: 2 }, metadata: { generation: 2 } });
  });

  test('scale reads and writes where the definition says', async () => {
    await define(plane, { versions: [version(fields, { subresources })] });
    const made = await create({ replicas: 2 });
    await plane.client.updateStatus(WEBSITES, { ...made, status: { replicas: 1, selector: 'app=a' } } as unknown as Manifest);
    const kind = plane.api.kinds.byResource(GROUP, 'v1', 'websites')!;
    const scale = { kind, namespace: 'default', name: 'a', subresource: 'scale' };
    expect(plane.api.get(scale).value).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 1, selector: 'app=a' } });
    await plane.client.patch({ ...scale, kind: WEBSITES }, { type: 'merge', patch: { spec: { replicas: 5 } } });
    expect((await plane.client.get<Manifest>(WEBSITES, 'a', 'default'))['spec']).toEqual({ replicas: 5 });
  });
});

describe('patches', () => {
  const target = { kind: WEBSITES, name: 'a', namespace: 'default' };
  const ports = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, port: { type: 'integer' } } },
  };

  test('a strategic merge is refused: nobody but the schema knows how lists merge', async () => {
    await define(plane);
    await create({ host: 'a' });
    await expect(plane.client.patch(target, { type: 'strategic', patch: { spec: { host: 'b' } } })).rejects.toMatchObject({
      reason: 'UnsupportedMediaType',
      message: expect.stringContaining('application/merge-patch+json, application/apply-patch+yaml'),
    });
  });

  test('apply owns items by the keys that the schema names', async () => {
    await define(plane, { versions: [version({ ports, host: { type: 'string', default: 'localhost' } })] });
    const one = await plane.client.as('one').apply<Manifest>(WEBSITES, website('a', { ports: [{ name: 'http', port: 80 }] }));
    await plane.client.as('two').apply<Manifest>(WEBSITES, website('a', { ports: [{ name: 'https', port: 443 }] }));
    const live = await plane.client.get<Manifest>(WEBSITES, 'a', 'default');
    expect(live['spec']).toEqual({ host: 'localhost', ports: [{ name: 'http', port: 80 }, { name: 'https', port: 443 }] });
    expect(one.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:ports': { 'k:{"name":"http"}': { '.': {}, 'f:name': {}, 'f:port': {} } } } });
    await plane.client.as('one').apply<Manifest>(WEBSITES, website('a', {}));
    expect((await plane.client.get<Manifest>(WEBSITES, 'a', 'default'))['spec']).toMatchObject({ ports: [{ name: 'https', port: 443 }] });
  }); // prettier-ignore
});

describe('what kubectl shows', () => {
  const row = async (columns: object[], object: Manifest) => {
    await define(plane, { versions: [version({}, { additionalPrinterColumns: columns as never })] });
    const kind = plane.api.kinds.byResource(GROUP, 'v1', 'websites')!;
    return { names: kind.columns.map(({ name }) => name), cells: kind.row(object, plane.clock) };
  };
  const created = '2025-12-31T23:55:00Z';
  const object = website('a', { n: 3, f: 1.5, b: true, t: 'x', l: [1, 2] }, {
    metadata: { name: 'a', creationTimestamp: created, annotations: { 'a.b/c': 'note' } },
    status: { conditions: [{ type: 'Synced', status: 'No' }, { type: 'Ready', status: 'True' }] },
  }); // prettier-ignore

  test('name and age where the definition names no columns', async () => {
    expect(await row([], object)).toEqual({ names: ['Name', 'Age'], cells: ['a', '5m'] });
  });

  test.each([
    ['string', '.spec.t', 'x'],
    ['string', '.spec.n', '3'],
    ['string', '.spec.l', '[1,2]'],
    ['integer', '.spec.n', 3],
    ['integer', '.spec.t', null],
    ['number', '.spec.f', 1.5],
    ['boolean', '.spec.b', true],
    ['date', '.metadata.creationTimestamp', '5m'],
    ['date', '.spec.t', '<invalid>'],
    ['string', '.spec.nothing.here', null],
    ['integer', '.spec.l[1]', 2],
    ['integer', '.spec.l[-1]', 2],
    ['integer', '.spec.l[*]', 1],
    ['integer', '.spec.l[1:]', 2],
    ['string', '.status.conditions[?(@.type=="Ready")].status', 'True'],
    ['string', ".status.conditions[?(@.type=='Ready')].status", 'True'],
    ['string', '.status.conditions[?(@.status!="No")].type', 'Ready'],
    ['string', '.metadata.annotations.a\\.b/c', 'note'],
    ['string', ".metadata.annotations['a\\.b/c']", 'note'],
    ['string', '.status..type', 'Synced'],
  ])('a %s at %s', async (type, jsonPath, cell) => {
    expect((await row([{ name: 'X', type, jsonPath }], object)).cells).toEqual(['a', cell]);
  });

  test('fields by which objects are selected', async () => {
    await define(plane, { versions: [{ ...version({ host: { type: 'string' } }), selectableFields: [{ jsonPath: '.spec.host' }] }] });
    await create({ host: 'a' });
    await plane.client.create(WEBSITES, website('b', { host: 'b' }));
    const { items } = await plane.client.list<Manifest>(WEBSITES, { fieldSelector: 'spec.host=b' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
});

describe('what is stored and not done yet is said', () => {
  test.each([
    ['a conversion webhook', definition({ spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://a' }, conversionReviewVersions: ['v1'] } } } }), 'spec.conversion.strategy: Webhook is stored, but not called yet'],
    ['nothing of the kind', definition(), undefined],
  ])('%s', (_, object, warning) => {
    const kind = plane.api.kinds.byResource('apiextensions.k8s.io', 'v1', CUSTOM_RESOURCE_DEFINITIONS.plural)!;
    const caller = { user: 'a', groups: [], manager: 'a' };
    const { warnings } = plane.api.create({ kind }, object as unknown as Manifest, {}, caller);
    expect(warnings).toEqual(warning ? [expect.stringContaining(warning)] : []);
  }); // prettier-ignore
});

test('a new finalizer that does not say whose it is gets a word of warning', async () => {
  await define(plane);
  const caller = { user: 'a', groups: [], manager: 'a' };
  const place = { kind: plane.api.kinds.byResource(GROUP, 'v1', 'websites')!, namespace: 'default', name: 'a' };
  const warningsOf = (finalizers: readonly string[]) => {
    const patch = { type: 'merge', patch: { metadata: { finalizers } } } as const;
    return plane.api.patch(place, patch, {}, caller).warnings;
  };
  await create({});
  const advice = 'prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers';
  expect(warningsOf(['mine', 'a.io/b', 'orphan'])).toEqual([`metadata.finalizers: "mine": ${advice}`]);
  expect(warningsOf(['mine'])).toEqual([]);
});
