import { StatusError } from '../../base/index.ts';
import {
  invalidObject,
  type AccessReviewSpec,
  type FieldProblem,
  type Kind,
  type KubeObject,
  type Manifest,
  type PolicyRule,
  type SelfSubjectAccessReview,
  type SelfSubjectRulesReview,
  type SubjectAccessReview,
} from '../../model/index.ts';
import type { Attributes, Authorize, Identity } from '../auth/index.ts';

/** Whether the one who asks may. */
export function reviewOwnAccess(kind: Kind, { spec = {}, metadata }: SelfSubjectAccessReview, who: Identity, authorize: Authorize) {
  refuse(kind, [...specProblems(spec), ...selectorProblems(spec), ...metadataProblems(metadata)]);
  return judge(authorize, who, spec);
}

/** Whether somebody else may, in one namespace where the review is of one. */
export function reviewAccess(
  kind: Kind,
  { spec = {}, metadata }: SubjectAccessReview,
  namespace: string | undefined,
  authorize: Authorize,
) {
  const { user = '', groups = [], uid, extra } = spec;
  refuse(kind, [
    ...specProblems(spec),
    ...subjectProblems(user, groups),
    ...selectorProblems(spec),
    ...metadataProblems(metadata, namespace),
    ...(namespace === undefined ? [] : placeProblems(spec, namespace)),
  ]);
  return judge(authorize, { user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) }, spec);
}

/** All that somebody may in a namespace. */
export function reviewRules({ spec = {} }: SelfSubjectRulesReview, rulesIn: (namespace: string) => readonly PolicyRule[]) {
  if (!spec.namespace) throw new StatusError('BadRequest', 'no namespace on request');
  const rules = rulesIn(spec.namespace);
  return {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames ? { resourceNames } : {}),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function judge(authorize: Authorize, who: Identity, spec: AccessReviewSpec) {
  const { allowed, reason } = authorize(who, attributesOf(spec));
  return { allowed, ...(reason ? { reason } : {}) };
}

function attributesOf({ resourceAttributes: asked, nonResourceAttributes: path }: AccessReviewSpec): Attributes {
  if (!asked) return { verb: path?.verb ?? '', path: path?.path ?? '' };
  const { verb = '', group = '', resource = '', subresource, namespace, name } = asked;
  return { verb, group, resource, subresource, namespace, name };
}

function specProblems({ resourceAttributes, nonResourceAttributes }: AccessReviewSpec): readonly FieldProblem[] {
  if ((resourceAttributes === undefined) !== (nonResourceAttributes === undefined)) return [];
  return [
    resourceAttributes
      ? invalid('nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes')
      : invalid('resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'),
  ];
}

function subjectProblems(user: string, groups: readonly string[]): readonly FieldProblem[] {
  return user === '' && groups.length === 0 ? [invalid('user', user, 'at least one of user or group must be specified')] : [];
}

const SELECTORS = ['fieldSelector', 'labelSelector'] as const;

function selectorProblems({ resourceAttributes = {} }: AccessReviewSpec): readonly FieldProblem[] {
  return SELECTORS.flatMap((name) => {
    const selector = resourceAttributes[name];
    if (!selector) return [];
    const { rawSelector = '', requirements = [] } = selector;
    const path = ['spec', 'resourceAttributes', name];
    if (rawSelector !== '' && requirements.length > 0) {
      return [invalid(`resourceAttributes.${name}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')];
    }
    if (rawSelector !== '' || requirements.length > 0) return [];
    const why = `when ${path.join('.')} is specified, requirements or rawSelector is required`;
    return [{ reason: 'FieldValueRequired', path: [...path, 'requirements'], message: `Required value: ${why}` }];
  });
}

/** A review is of nobody's name: it is not kept. */
function metadataProblems(metadata: KubeObject['metadata'], namespace?: string): readonly FieldProblem[] {
  const { managedFields: _, namespace: at, creationTimestamp, ...others } = metadata;
  const isEmpty = Object.keys(others).length === 0 && !creationTimestamp && (namespace !== undefined || !at);
  const why = `must be empty${namespace === undefined ? '' : ' except for namespace'}`;
  return isEmpty
    ? []
    : [{ reason: 'FieldValueInvalid', path: ['metadata'], message: `Invalid value: ${JSON.stringify(metadata)}: ${why}` }];
}

function placeProblems({ resourceAttributes, nonResourceAttributes }: AccessReviewSpec, namespace: string): readonly FieldProblem[] {
  if (nonResourceAttributes) return [invalid('nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request')];
  const { namespace: asked = '' } = resourceAttributes ?? { namespace };
  return asked === namespace ? [] : [invalid('resourceAttributes.namespace', asked, 'must match metadata.namespace')];
}

const invalid = (field: string, value: unknown, why: string): FieldProblem => ({
  reason: 'FieldValueInvalid',
  path: ['spec', ...field.split('.')],
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

function refuse(kind: Kind, problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw invalidObject(kind, '', problems);
}

/** A review as it came, with what is answered. */
export function answered(kind: Kind, body: Manifest, status: object): Manifest {
  return { kind: kind.kind, apiVersion: `${kind.group}/${kind.version}`, metadata: body.metadata, ...spec(body), status } as Manifest;
}

const spec = (body: Manifest) => (body['spec'] === undefined ? {} : { spec: body['spec'] });
