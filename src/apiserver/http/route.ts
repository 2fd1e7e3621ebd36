import { StatusError } from '../../base/index.ts';
import type { KindRegistry, Subresource } from '../../model/index.ts';
import type { Place } from '../api.ts';
import { methodNotAllowed, notServed } from '../refusals.ts';
import { SUBRESOURCE_VERBS, type Verb } from '../subresources.ts';

/** A path below `/api/v1` or `/apis/GROUP/VERSION`, taken apart. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string;
  readonly resource: string;
  readonly name?: string;
  readonly subresource?: string;
  /** What follows a subresource: the path to ask a proxied server for. */
  readonly rest?: string;
}

/** Undefined: the path names no resource. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const steps = decodeSteps(path);
  const [root, ...below] = steps;
  if (root === 'api') return below.length > 1 ? resourceBelow({ group: '', version: below[0]! }, below.slice(1)) : undefined;
  if (root === 'apis') return below.length > 2 ? resourceBelow({ group: below[0]!, version: below[1]! }, below.slice(2)) : undefined;
  return undefined;
}

function decodeSteps(path: string): string[] {
  try {
    const steps = path.split('/').slice(1).map(decodeURIComponent);
    return steps.at(-1) === '' ? steps.slice(0, -1) : steps;
  } catch {
    throw new StatusError('BadRequest', `the path ${path} is not encoded as a URL must be`);
  }
}

/** Below a namespace lie its objects, but `status` and `finalize` are the namespace's own. */
const OF_NAMESPACE = new Set(['status', 'finalize']);

function resourceBelow(at: { group: string; version: string }, steps: string[]): ResourcePath {
  const [first, second, third] = steps as [string, string?, string?];
  if (first === 'namespaces' && second !== undefined && third !== undefined && !OF_NAMESPACE.has(third)) {
    return { ...at, namespace: second, ...named(steps.slice(2)) };
  }
  return { ...at, ...named(steps) };
}

function named([resource = '', name, subresource, ...rest]: string[]) {
  return {
    resource,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(rest.length === 0 ? {} : { rest: rest.join('/') }),
  };
}

/** What is asked for, if it is served. */
export function placeOf(kinds: KindRegistry, path: ResourcePath): Place {
  const kind = kinds.byResource(path.group, path.version, path.resource);
  if (!kind) throw notServed();
  const { namespace, name, subresource, rest } = path;
  if (namespace !== undefined && !kind.namespaced) throw notServed();
  if (namespace === undefined && kind.namespaced && name !== undefined) throw notServed();
  if (subresource !== undefined && !(kind.subresources as readonly string[]).includes(subresource)) throw notServed();
  if (rest !== undefined && subresource !== 'proxy') throw notServed();
  return { kind, namespace, name, subresource };
}

export const OBJECT_METHODS: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A proxy passes on whatever is asked. */
const PROXY_METHODS: Readonly<Record<string, Verb>> = { ...OBJECT_METHODS, HEAD: 'get', OPTIONS: 'get' };

/** What a method means at a place; refuses what the kind does not do. */
export function verbOf(place: Place, method: string, isWatch: boolean): Verb {
  const methods = place.subresource === 'proxy' ? PROXY_METHODS : OBJECT_METHODS;
  const verb = place.name === undefined ? collectionVerb(place, method, isWatch) : methods[method];
  if (!verb) throw methodNotAllowed();
  // Why there is no creating any more is said to who tries it.
  if (verb === 'create' && place.name === undefined && place.kind.isEnding) return verb;
  const allowed: readonly string[] = place.subresource ? SUBRESOURCE_VERBS[place.subresource as Subresource] : place.kind.verbs;
  if (!allowed.includes(verb) || (verb === 'create' && place.name !== undefined && !place.subresource)) throw methodNotAllowed();
  return verb;
}

function collectionVerb(place: Place, method: string, isWatch: boolean): Verb | undefined {
  if (method === 'GET') return isWatch ? 'watch' : 'list';
  // Over all namespaces one can only look.
  if (place.kind.namespaced && place.namespace === undefined) return undefined;
  if (method === 'POST') return 'create';
  return method === 'DELETE' ? 'deletecollection' : undefined;
}
