import {
  matches,
  selectorFrom,
  type Kind,
  type Manifest,
  type ParameterReference,
  type ValidatingAdmissionPolicy,
} from '../../../model/index.ts';
import type { Surroundings } from '../step.ts';

/** A policy or a binding that cannot be asked as it is. */
export class Misconfigured extends Error {}

type ParamKind = NonNullable<NonNullable<ValidatingAdmissionPolicy['spec']>['paramKind']>;

export function paramKindOf({ apiVersion = '', kind = '' }: ParamKind, around: Surroundings): Kind {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const found = around.kinds.byKind(group, version, kind);
  if (found) return found;
  throw new Misconfigured(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`);
}

/** What a policy is asked with, once for each; `undefined` stands for no parameter. */
export function paramsOf(
  kind: Kind | undefined,
  reference: ParameterReference | undefined,
  namespace: string | undefined,
  around: Surroundings,
): readonly (Manifest | undefined)[] {
  if (!kind || !reference) return [undefined];
  const found = find(kind, reference, placeOf(kind, reference, namespace), around);
  if (found.length === 0 && reference.parameterNotFoundAction === 'Deny') {
    throw new Misconfigured('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return found;
}

function placeOf(kind: Kind, reference: ParameterReference, namespace: string | undefined): string | undefined {
  if (!kind.namespaced) {
    if (reference.namespace) throw new Misconfigured('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
    return undefined;
  }
  const place = reference.namespace || namespace;
  if (!place) throw new Misconfigured('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  return place;
}

function find(
  kind: Kind,
  { name, selector }: ParameterReference,
  namespace: string | undefined,
  around: Surroundings,
): readonly Manifest[] {
  const shown = (stored: Manifest) => kind.stored?.read(stored) ?? stored;
  if (name) {
    const one = around.find<Manifest>(kind, name, namespace);
    return one ? [shown(one)] : [];
  }
  const wanted = selectorFrom(selector);
  return wanted ? around.all<Manifest>(kind, namespace).filter(({ metadata }) => matches(wanted, metadata.labels)).map(shown) : []; // prettier-ignore
}
