import { ownMember, StatusError } from '../../base/index.ts';
import { matches, parseSelector, type Kind, type Manifest } from '../../model/index.ts';

export type Picks = (object: Manifest) => boolean;

const TERM = /^([^=!]+?)(==|!=|=)(.*)$/;

/** The predicate of a request's selectors; undefined when it asks for everything. */
export function selection(kind: Kind, query: { labelSelector?: string; fieldSelector?: string }): Picks | undefined {
  const picks: Picks[] = [];
  if (query.labelSelector) {
    const selector = parseSelector(query.labelSelector);
    picks.push((object) => matches(selector, object.metadata.labels));
  }
  for (const term of query.fieldSelector ? query.fieldSelector.split(',') : []) {
    if (term !== '') picks.push(fieldTerm(kind, term, query.fieldSelector!));
  }
  return picks.length === 0 ? undefined : (object) => picks.every((pick) => pick(object));
}

function fieldTerm(kind: Kind, term: string, selector: string): Picks {
  const found = TERM.exec(term);
  if (!found) throw new StatusError('BadRequest', `invalid selector: '${selector}'; can't understand '${term}'`);
  const [, field, operator, value] = found as unknown as [string, string, string, string];
  const read = readerOf(kind, field);
  return operator === '!=' ? (object) => read(object) !== value : (object) => read(object) === value;
}

function readerOf(kind: Kind, field: string): (object: Manifest) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name;
  if (field === 'metadata.namespace' && kind.namespaced) return (object) => object.metadata.namespace ?? '';
  const read = ownMember(kind.selectable, field);
  if (!read) throw new StatusError('BadRequest', unknownField(kind, field));
  return read;
}

function unknownField(kind: Kind, field: string): string {
  if ('custom' in kind.schema || Object.keys(kind.selectable).length > 0) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
