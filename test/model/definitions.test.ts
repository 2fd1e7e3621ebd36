import { describe, expect, test } from 'vitest';
import { BUILT_IN_KINDS, byVersionPriority, formatPath, type CustomResourceVersion, type Manifest } from '../../src/model/index.ts';

const kind = BUILT_IN_KINDS.find((candidate) => candidate.kind === 'CustomResourceDefinition')!;

const version = (schema: unknown, more: Partial<CustomResourceVersion> = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});
const plain = { type: 'object' };

function problems(spec: object, name = 'websites.example.com', annotations = {}): readonly string[] {
  const names = { plural: 'websites', kind: 'Website' };
  const object = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, annotations },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version(plain)], ...spec },
  };
  const whole = kind.defaults(object as unknown as Manifest);
  return kind.validate(whole).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

describe('a definition', () => {
  test.each<[what: string, spec: object, problem: string]>([
    ['without versions', { versions: [] }, 'spec.versions: Required value: must have at least one version'],
    ['without a version to store', { versions: [version(plain, { storage: false })] }, 'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version'],
    ['with a version twice', { versions: [version(plain), version(plain, { storage: false })] }, 'spec.versions: Invalid value: ["v1","v1"]: must contain unique version names'],
    ['whose version is no label', { versions: [version(plain, { name: 'V1' })] }, 'spec.versions[0].name: Invalid value: "V1": a DNS-1035 label'],
    ['whose group is no domain', { group: 'example' }, 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
    ['of another scope', { scope: 'World' }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
    ['whose list is called as its objects', { names: { plural: 'websites', kind: 'Website', listKind: 'Website' } }, 'spec.names.listKind: Invalid value: "Website": kind and listKind may not be the same'],
    ['whose plural is no label', { names: { plural: 'Web_sites', kind: 'Website' } }, 'spec.names.plural: Invalid value: "Web_sites": a DNS-1035 label'],
    ['without a schema', { versions: [version(undefined)] }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ['with a column of no type', { versions: [version(plain, { additionalPrinterColumns: [{ name: 'A', type: 'text' as never, jsonPath: '.a' }] })] }, 'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string'],
    ['with a column at no path', { versions: [version(plain, { additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'a' }] })] }, 'spec.additionalPrinterColumns[0].jsonPath: Invalid value: "a": must be a simple json path starting with .'],
    ['that scales by its status', { versions: [version(plain, { subresources: { scale: { specReplicasPath: '.status.n', statusReplicasPath: '.status.n' } } })] }, 'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec'],
    ['with a conversion of no kind', { conversion: { strategy: 'Magic' } }, 'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"'],
    ['with a conversion that says not how', { conversion: {} }, 'spec.conversion.strategy: Required value'],
    ['converted by a webhook that is not named', { conversion: { strategy: 'Webhook' } }, 'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
    ['converted by a webhook at two places', { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://a', service: {} } } } }, 'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required'],
    ['converted by a webhook of no version', { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://a' } } } }, 'spec.conversion.conversionReviewVersions: Required value'],
    ['converted by a webhook of an unknown version', { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9'] } } }, 'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
    ['with a webhook that converts nothing', { conversion: { strategy: 'None', webhook: { clientConfig: {} } } }, 'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook'],
  ])('%s', (_, spec, problem) => {
    expect(problems(spec)).toContainEqual(expect.stringContaining(problem));
  }); // prettier-ignore

  test('is named for what it defines', () => {
    expect(problems({})).toEqual([]);
    expect(problems({}, 'sites.example.com')).toEqual(['metadata.name: Invalid value: "sites.example.com": must be spec.names.plural+"."+spec.group']);
  }); // prettier-ignore
});

describe('a definition in a group of the community', () => {
  const said = (approved: string | undefined, group = 'things.k8s.io') =>
    problems({ group }, `websites.${group}`, approved === undefined ? {} : { 'api-approved.kubernetes.io': approved });
  const at = 'metadata.annotations[api-approved.kubernetes.io]';

  test.each([['https://github.com/kubernetes/enhancements/pull/1111'], ['unapproved, an experiment']])('says %s', (approved) => {
    expect(said(approved)).toEqual([]);
  });

  test('says who approved it', () => {
    expect(said(undefined)).toEqual([expect.stringContaining(`${at}: Required value: protected groups must have approval annotation`)]);
    expect(said('me')).toEqual([expect.stringContaining(`${at}: Invalid value: "me": protected groups must have approval annotation`)]);
    expect(said(undefined, 'things.x-k8s.io')).toEqual([]);
  });
});

describe('a schema that is not structural', () => {
  const at = 'spec.validation.openAPIV3Schema';
  const field = (schema: object) => ({ type: 'object', properties: { f: schema } });
  const deep = (levels: number): object => (levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: deep(levels - 1) } });
  const list = (more: object, item: object = { type: 'object', properties: { k: { type: 'string' } } }) =>
    field({ type: 'array', items: item, ...more });
  const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };

  test.each<[what: string, schema: object, problem: string]>([
    ['has no type', {}, '.type: Required value: must not be empty at the root'],
    ['is no object', { type: 'string' }, '.type: Invalid value: "string": must be object at the root'],
    ['is open at the root by additionalProperties', { type: 'object', additionalProperties: { type: 'string' } }, '.additionalProperties: Forbidden: must not be used at the root'],
    ['has a field without a type', field({}), '.properties[f].type: Required value: must not be empty for specified object fields'],
    ['has a list without items', field({ type: 'array' }), '.properties[f].items: Required value: must be specified'],
    ['has items without a type', field({ type: 'array', items: {} }), '.properties[f].items.type: Required value: must not be empty for specified array items'],
    ['has items as a list', field({ type: 'array', items: [{ type: 'string' }] }), '.properties[f].items: Forbidden: items must be a schema object and not an array'],
    ['has fields and free keys at once', field({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }), '.properties[f].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive'],
    ['forbids what it does not name', field({ type: 'object', additionalProperties: false }), '.properties[f].additionalProperties: Forbidden: must not be set to false'],
    ['refers to another', field({ type: 'object', $ref: '#/x' }), '.properties[f].$ref: Forbidden: $ref is not supported'],
    ['wants unique items', list({ uniqueItems: true }), '.properties[f].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic'],
    ['types inside its logic', field({ type: 'string', anyOf: [{ type: 'string' }] }), '.properties[f].anyOf[0].type: Forbidden: must be empty to be structural'],
    ['names fields only inside its logic', { type: 'object', oneOf: [{ properties: { x: {} } }] }, '.properties[x]: Required value: because it is defined in'],
    ['gives metadata fields of its own', { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }, '.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified'],
    ['has a pattern that is none', field({ type: 'string', pattern: '(' }), '.properties[f].pattern: Invalid value: "(": must be a valid regular expression'],
    ['has a number or text with a type', field({ type: 'string', 'x-kubernetes-int-or-string': true }), '.properties[f].type: Forbidden: must be empty if x-kubernetes-int-or-string is true'],
    ['has a list type on no list', field({ type: 'string', 'x-kubernetes-list-type': 'set' }), '.properties[f].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'],
    ['has a map without keys', list({ 'x-kubernetes-list-type': 'map' }), '.properties[f].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map'],
    ['has keys that may be missing', list(keyed), '.properties[f].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'],
    ['has keys that are no fields', list({ ...keyed, 'x-kubernetes-list-map-keys': ['z'] }), '.properties[f].x-kubernetes-list-map-keys[0]: Invalid value: "z": entries must all be names of item properties'],
    ['has a default of another type', field({ type: 'integer', default: 'x' }), '.properties[f].default: Invalid value: "string": default in body must be of type integer: "string"'],
    ['has a default out of range', field({ type: 'integer', minimum: 2, default: 1 }), '.properties[f].default: Invalid value: 1: default in body should be greater than or equal to 2'],
    ['has a default with more than its fields', field({ type: 'object', properties: { a: { type: 'string' } }, default: { b: 1 } }), '.properties[f].default: Invalid value: {"b":1}: must not have unknown fields'],
    ['is too deep', deep(60), ': Forbidden: must not be deeper than 100 levels or have more than 50000 parts'],
  ])('%s', (_, schema, problem) => {
    expect(problems({ versions: [version(schema)] })).toContainEqual(expect.stringContaining(at + problem));
  }); // prettier-ignore

  test.each<[what: string, schema: object]>([
    ['a number or a text, as controller-gen writes it', field({ anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true })],
    ['logic over fields that are specified', { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, oneOf: [{ required: ['a'] }, { required: ['b'], properties: { b: { minLength: 1 } } }] }],
    ['a field that is open', field({ 'x-kubernetes-preserve-unknown-fields': true })],
    ['a name that is restricted', { type: 'object', properties: { metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 9 } } } } }],
    ['free keys of any kind', field({ type: 'object', additionalProperties: true })],
    ['keys that are required', list(keyed, { type: 'object', required: ['k'], properties: { k: { type: 'string' } } })],
    ['a default whose fields have defaults', field({ type: 'object', default: {}, required: ['a'], properties: { a: { type: 'string', default: 'x' } } })],
  ])('is not one with %s', (_, schema) => {
    expect(problems({ versions: [version(schema)] })).toEqual([]);
  }); // prettier-ignore
});

test('versions in the order in which clients prefer them', () => {
  const versions = ['v1alpha1', 'other', 'v2beta1', 'v1', 'v1beta2', 'v11', 'v1beta1', 'v2', 'a'];
  expect(versions.toSorted(byVersionPriority)).toEqual(['v11', 'v2', 'v1', 'v2beta1', 'v1beta2', 'v1beta1', 'v1alpha1', 'a', 'other']);
});
