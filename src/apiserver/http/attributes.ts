import type { KindRegistry } from '../../model/index.ts';
import type { Attributes } from '../auth/index.ts';
import type { RequestLabels } from './metrics.ts';
import { isTrue } from './query.ts';
import type { ResourcePath } from './route.ts';

/** What a request for objects wants to do, as rules speak of it: told from its line alone, be there such a resource or not. */
export type ResourceAttributes = Extract<Attributes, { readonly resource: string }>;

export function attributesOf(path: ResourcePath, method: string, query: URLSearchParams): ResourceAttributes {
  const { group, resource, subresource, namespace, name } = path;
  const isNamespace = group === '' && resource === 'namespaces';
  const verb = (name === undefined ? collectionVerb(method, query) : OBJECT_VERBS[method]) ?? '';
  return {
    verb,
    group,
    resource,
    subresource,
    // A namespace lies in itself: a role inside it may speak of it.
    namespace: isNamespace ? name : namespace,
    name: name ?? (COLLECTIVE.has(verb) ? selectedName(query.get('fieldSelector')) : undefined),
  };
}

const OBJECT_VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function collectionVerb(method: string, query: URLSearchParams): string | undefined {
  const verb = OBJECT_VERBS[method];
  if (verb === 'get') return isTrue(query, 'watch') ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

const COLLECTIVE: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** Who asks for a list of one object by its name may do so where they may see that one. */
function selectedName(selector: string | null): string | undefined {
  for (const term of selector?.split(',') ?? []) {
    const [, name] = /^metadata\.name==?([^=]+)$/.exec(term.trim()) ?? [];
    if (name) return name;
  }
  return undefined;
}

const STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/** Whoever may open a stream into a pod changes what runs there: a right to look is not enough, whichever method opens it. */
export function demandsOf(wanted: ResourceAttributes): readonly ResourceAttributes[] {
  const { verb, group, resource, subresource = '' } = wanted;
  const isStream = group === '' && resource === 'pods' && STREAMS.has(subresource);
  return isStream && verb !== 'create' ? [wanted, { ...wanted, verb: 'create' }] : [wanted];
}

/** How Kubernetes counts a verb. */
const COUNTED_AS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT', deletecollection: 'DELETECOLLECTION' };

/** How a request is counted: clients can ask for any name, but only names that are served are told apart. */
export function labelsOf(kinds: KindRegistry, path: ResourcePath, { verb }: ResourceAttributes): RequestLabels {
  const { group, version, resource, subresource = '', namespace, name } = path;
  const kind = kinds.byResource(group, version, resource);
  const counted = COUNTED_AS[verb] ?? verb.toUpperCase();
  if (!kind || (subresource && !(kind.subresources as readonly string[]).includes(subresource))) {
    return { verb: counted, group: '', version: '', resource: '', subresource: '', scope: 'cluster' };
  }
  const scope = name !== undefined ? 'resource' : namespace !== undefined ? 'namespace' : 'cluster';
  return { verb: STREAMS.has(subresource) || subresource === 'proxy' ? 'CONNECT' : counted, group, version, resource, subresource, scope };
}
