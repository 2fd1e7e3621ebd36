import type { Attributes } from '../auth/index.ts';
import type { Place } from '../api.ts';
import type { Verb } from './route.ts';

/** What a request for objects wants to do, as rules speak of it. */
export function attributesOf({ kind, namespace, name, subresource }: Place, verb: Verb, query: URLSearchParams): Attributes {
  const isNamespace = kind.group === '' && kind.plural === 'namespaces';
  return {
    verb,
    group: kind.group,
    resource: kind.plural,
    subresource,
    // A namespace lies in itself: a role inside it may speak of it.
    namespace: isNamespace ? name : namespace,
    name: name ?? (COLLECTIVE.has(verb) ? selectedName(query.get('fieldSelector')) : undefined),
  };
}

const COLLECTIVE: ReadonlySet<Verb> = new Set(['list', 'watch', 'deletecollection']);

/** Who asks for a list of one object by its name may do so where they may see that one. */
function selectedName(selector: string | null): string | undefined {
  for (const term of selector?.split(',') ?? []) {
    const [, name] = /^metadata\.name==?([^=]+)$/.exec(term.trim()) ?? [];
    if (name) return name;
  }
  return undefined;
}
