import { createHash } from 'node:crypto';
import { openApiEntries, openApiName, toOpenApiV2, type Kind, type Schema } from '../../model/index.ts';
import { SUBRESOURCE_VERBS, type Verb } from '../subresources.ts';
import type { Backend } from './backend.ts';
import { jsonAnswer, textAnswer, JSON_TYPE, type Answer } from './message.ts';
import { OBJECT_METHODS } from './route.ts';

const ROOT = '/openapi/v3';
const OLD_ROOT = '/openapi/v2';
/** Clients ask with an `@`, which no media type may have. */
const ASKS_OLD_TYPE = /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
const OLD_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** A document is large and asked for seldom: the last few are kept as text. */
const MOST_KEPT = 4;

/** The OpenAPI v3 documents, one a group and version: what `kubectl explain` and client-side validation read. */
export class OpenApi {
  readonly #backend: Pick<Backend, 'api' | 'version'>;
  readonly #documents = new Map<string, Promise<string>>();

  constructor(backend: Pick<Backend, 'api' | 'version'>) {
    this.#backend = backend;
  }

  /** Undefined: no such document. */
  async answer(path: string, accept = ''): Promise<Answer | undefined> {
    if (path === OLD_ROOT) return this.#oldAnswer(accept);
    if (path === ROOT) return jsonAnswer({ paths: this.#index() });
    const at = path.slice(ROOT.length + 1);
    const kinds = this.#versions().get(at);
    return kinds && textAnswer(await this.#document(at, kinds), 200, JSON_TYPE);
  }

  /** Whoever asks for protobuf wants to validate; whoever asks for JSON wants to know types. */
  async #oldAnswer(accept: string): Promise<Answer> {
    const { gitVersion } = this.#backend.version;
    if (ASKS_OLD_TYPE.test(accept)) return textAnswer(emptyOldDocument(gitVersion), 200, OLD_TYPE);
    const kinds = this.#backend.api.kinds.all();
    return textAnswer(await this.#kept(`${OLD_ROOT}?hash=${this.#hash(kinds)}`, () => oldDocumentText(kinds, gitVersion)), 200, JSON_TYPE);
  }

  #index() {
    return Object.fromEntries([...this.#versions()].map(([at, kinds]) => [at, { serverRelativeURL: this.#address(at, kinds) }]));
  }

  #versions(): Map<string, Kind[]> {
    return Map.groupBy(this.#backend.api.kinds.all(), ({ group, version }) => (group ? `apis/${group}/${version}` : `api/${version}`));
  }

  /** Clients keep a document under its address, so the address changes with what is in it. */
  #address(at: string, kinds: readonly Kind[]): string {
    return `${ROOT}/${at}?hash=${this.#hash(kinds)}`;
  }

  #hash(kinds: readonly Kind[]): string {
    const described = [
      this.#backend.version.gitVersion,
      ...kinds.map((kind) => [kind.kind, kind.verbs, kind.subresources, schemaMark(kind)]),
    ];
    return createHash('sha256').update(JSON.stringify(described)).digest('hex').toUpperCase();
  }

  #document(at: string, kinds: readonly Kind[]): Promise<string> {
    return this.#kept(this.#address(at, kinds), () => documentText(at, kinds, this.#backend.version.gitVersion));
  }

  #kept(key: string, make: () => Promise<string>): Promise<string> {
    const text = this.#documents.get(key) ?? make();
    this.#documents.delete(key);
    this.#documents.set(key, text);
    if (this.#documents.size > MOST_KEPT) this.#documents.delete(this.#documents.keys().next().value!);
    return text;
  }
}

const marks = new WeakMap<Kind, string>();

/** What stands for a kind's schema in the hash: a definition writes its kind anew when its schema changes. */
function schemaMark(kind: Kind): string {
  const { schema } = kind;
  if ('definition' in schema) return schema.definition;
  let mark = marks.get(kind);
  if (mark === undefined) marks.set(kind, (mark = createHash('sha256').update(JSON.stringify(schema.custom())).digest('hex')));
  return mark;
}

/** So many schemas are made in one go. */
const IN_ONE_GO = 16;

/** A document of hundreds of schemas takes longer than others may be kept waiting: it is made in pieces. */
async function documentText(at: string, kinds: readonly Kind[], version: string): Promise<string> {
  const paths = Object.fromEntries(kinds.flatMap((kind) => pathsOf(at, kind)));
  const head = JSON.stringify({ openapi: '3.0.0', info: { title: 'Kubernetes', version }, paths });
  return `${head.slice(0, -1)},"components":{"schemas":${await schemasText(kinds, (schema) => schema)}}}`;
}

/** The version before, for programs that read what fields a kind has: without paths. */
async function oldDocumentText(kinds: readonly Kind[], version: string): Promise<string> {
  const head = JSON.stringify({ swagger: '2.0', info: { title: 'Kubernetes', version }, paths: {} });
  return `${head.slice(0, -1)},"definitions":${await schemasText(kinds, toOpenApiV2)}}`;
}

async function schemasText(kinds: readonly Kind[], say: (schema: Schema) => object): Promise<string> {
  const lists = Object.entries(listSchemas(kinds));
  const schemas = new Map<string, string>(lists.map(([name, schema]) => [name, JSON.stringify(say(schema))]));
  let made = 0;
  for (const [name, schema] of openApiEntries(kinds)) {
    schemas.set(name, JSON.stringify(say(schema)));
    if (made++ % IN_ONE_GO === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return `{${[...schemas].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Lists of custom kinds have no definition of their own. */
function listSchemas(kinds: readonly Kind[]): Record<string, Schema> {
  return Object.fromEntries(kinds.map((kind) => [`${openApiName(kind)}List`, listSchema(openApiName(kind))]));
}

const listSchema = (item: string): Schema => ({
  type: 'object',
  required: ['items'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    items: { type: 'array', items: { $ref: `#/components/schemas/${item}` } },
  },
});

function pathsOf(at: string, kind: Kind): [string, object][] {
  const everywhere = `/${at}/${kind.plural}`;
  const collection = kind.namespaced ? `/${at}/namespaces/{namespace}/${kind.plural}` : everywhere;
  const object = `${collection}/{name}`;
  const subresources = kind.subresources.map((name): [string, object] => [
    `${object}/${name}`,
    operations(kind, objectMethods(SUBRESOURCE_VERBS[name])),
  ]);
  return [
    ...(kind.namespaced && kind.verbs.includes('list') ? [[everywhere, operations(kind, { get: 'list' })] as [string, object]] : []),
    [collection, operations(kind, served(kind, { get: 'list', post: 'create', delete: 'deletecollection' }))],
    [object, operations(kind, served(kind, { get: 'get', put: 'update', patch: 'patch', delete: 'delete' }))],
    ...subresources,
  ];
}

type Methods = Readonly<Record<string, Verb>>;

const served = (kind: Kind, methods: Methods): Methods =>
  Object.fromEntries(Object.entries(methods).filter(([, verb]) => kind.verbs.includes(verb)));

const objectMethods = (verbs: readonly Verb[]): Methods =>
  Object.fromEntries(
    Object.entries(OBJECT_METHODS)
      .filter(([, verb]) => verbs.includes(verb))
      .map(([method, verb]) => [method.toLowerCase(), verb]),
  );

function operations(kind: Kind, methods: Methods): object {
  return Object.fromEntries(Object.entries(methods).map(([method, verb]) => [method, operation(kind, verb)]));
}

/** kubectl takes a kind for validated by the server when its patch has the parameter `fieldValidation`. */
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }));

const PARAMETERS: Readonly<Partial<Record<Verb, readonly object[]>>> = {
  create: WRITE_PARAMETERS,
  update: WRITE_PARAMETERS,
  patch: [...WRITE_PARAMETERS, { name: 'force', in: 'query', schema: { type: 'boolean' } }],
};

/** Kubernetes' own names for what an operation does. */
const ACTIONS: Readonly<Record<Verb, string>> = {
  get: 'get', list: 'list', watch: 'watch', create: 'post', update: 'put', patch: 'patch', delete: 'delete', deletecollection: 'deletecollection',
}; // prettier-ignore

function operation(kind: Kind, verb: Verb): object {
  const { group, version } = kind;
  const name = verb === 'list' ? `${openApiName(kind)}List` : openApiName(kind);
  return {
    'x-kubernetes-action': ACTIONS[verb],
    'x-kubernetes-group-version-kind': { group, version, kind: kind.kind },
    ...(PARAMETERS[verb] ? { parameters: PARAMETERS[verb] } : {}),
    responses: { 200: { description: 'OK', content: { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${name}` } } } } },
  };
}

/**
 * The version before, of which kubectl and helm ask one thing: the fields of what is in a List, before they send it. It
 * tells of none, so they leave that to the server, which tells them everything that is wrong. `Document` of gnostic's
 * `OpenAPIv2.proto`: swagger is field 1, info 2 (title 1, version 2), paths 8.
 */
function emptyOldDocument(version: string): string {
  const info = protobufText(1, 'Kubernetes') + protobufText(2, version);
  return protobufText(1, '2.0') + protobufText(2, info) + protobufText(8, '');
}

/** One field of a protobuf message: its number, its length and its text, in ASCII and shorter than 128. */
const protobufText = (field: number, text: string) => String.fromCharCode((field << 3) | 2, text.length) + text;
