import { oncePerObject } from '../../../base/index.ts';
import type { MutatingAdmissionPolicy, PolicySpec, ValidatingAdmissionPolicy } from '../../../model/index.ts';
import {
  BOOL,
  compile,
  CompileError,
  DYN,
  formatType,
  INT,
  isSameType,
  listOf,
  mapOf,
  NULL,
  objectType,
  opaque,
  openType,
  STRING,
  TIMESTAMP,
  type Messages,
  type Program,
  type Type,
} from '../../cel/index.ts';

/** An expression of a policy: what may be asked, or why it cannot be. */
export interface Expression {
  readonly text: string;
  readonly program: Program | string;
}

interface CompiledShared {
  readonly conditions: readonly Expression[];
  /** Each sees those before it. */
  readonly variables: readonly (Expression & { readonly name: string })[];
}

export interface CompiledPolicy extends CompiledShared {
  readonly validations: readonly (Expression & { readonly message?: Expression })[];
  readonly annotations: readonly Expression[];
}

export interface CompiledMutation extends Expression {
  /** What it makes: fields that are to have values, or a list of operations. */
  readonly type: 'ApplyConfiguration' | 'JSONPatch';
}

export interface CompiledMutatingPolicy extends CompiledShared {
  readonly mutations: readonly CompiledMutation[];
}

const GROUP_VERSION_KIND = objectType('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const GROUP_VERSION_RESOURCE = objectType('kubernetes.GroupVersionResource', { group: STRING, version: STRING, resource: STRING });
const USER = objectType('kubernetes.UserInfo', {
  username: STRING, uid: STRING, groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)),
}); // prettier-ignore

export const REQUEST = objectType('kubernetes.AdmissionRequest', {
  kind: GROUP_VERSION_KIND,
  resource: GROUP_VERSION_RESOURCE,
  subResource: STRING,
  requestKind: GROUP_VERSION_KIND,
  requestResource: GROUP_VERSION_RESOURCE,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: USER,
  dryRun: BOOL,
  options: DYN,
});

const TEXTS = mapOf(STRING, STRING);
const CONDITION = objectType('kubernetes.NamespaceCondition', {
  status: STRING, type: STRING, lastTransitionTime: TIMESTAMP, message: STRING, reason: STRING,
}); // prettier-ignore

export const NAMESPACE = objectType('kubernetes.Namespace', {
  metadata: objectType('kubernetes.NamespaceMetadata', {
    name: STRING, generateName: STRING, namespace: STRING, labels: TEXTS, annotations: TEXTS, UID: STRING, creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT, deletionTimestamp: TIMESTAMP, generation: INT, resourceVersion: STRING, finalizers: listOf(STRING),
  }),
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: listOf(STRING) }),
  status: objectType('kubernetes.NamespaceStatus', { conditions: listOf(CONDITION), phase: STRING }),
}); // prettier-ignore

const OBJECT = openType('Object');
const JSON_PATCH = objectType('JSONPatch', { op: STRING, path: STRING, from: STRING, value: DYN });

/** What patches are made of: `Object.spec` is what belongs into the field `spec` of the object. */
const messages: Messages = (name) => {
  if (name === 'JSONPatch') return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? openType(name) : undefined;
};

const AUTHORIZER = {
  authorizer: opaque('kubernetes.authorization.Authorizer'),
  'authorizer.requestResource': opaque('kubernetes.authorization.ResourceCheck'),
};

const PLAIN = { object: DYN, oldObject: DYN, namespaceObject: NAMESPACE, request: REQUEST };

interface MatchCondition {
  readonly expression: string;
}

/** Made once for each version of what has them. */
export const compileConditions = oncePerObject((conditions: readonly MatchCondition[]): readonly Expression[] =>
  conditions.map(({ expression }) => attempt(expression.trim(), { ...PLAIN, ...AUTHORIZER }, [BOOL])),
);

/** Made once for each version of a policy. */
export const compilePolicy = oncePerObject(({ spec = {} }: ValidatingAdmissionPolicy): CompiledPolicy => {
  const { validations = [], auditAnnotations = [] } = spec;
  const { conditions, variables, withVariables, plain, known } = compileShared(spec);
  return {
    conditions,
    variables,
    validations: validations.map(({ expression, messageExpression }) => ({
      ...attempt(expression, withVariables(known), [BOOL]),
      ...(messageExpression ? { message: attempt(messageExpression, withVariables(plain), [STRING]) } : {}),
    })),
    annotations: auditAnnotations.map(({ valueExpression }) => attempt(valueExpression.trim(), withVariables(known), [STRING, NULL])),
  };
});

export const compileMutatingPolicy = oncePerObject(({ spec = {} }: MutatingAdmissionPolicy): CompiledMutatingPolicy => {
  const { conditions, variables, withVariables, known } = compileShared(spec);
  const mutations = (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => {
    const type = patchType as CompiledMutation['type'];
    const { expression = '' } = (type === 'JSONPatch' ? jsonPatch : applyConfiguration) ?? {};
    const wanted = type === 'JSONPatch' ? listOf(JSON_PATCH) : OBJECT;
    return { ...attempt(expression.trim(), withVariables(known), [wanted], messages), type };
  });
  return { conditions, variables, mutations };
});

/** What policies of both kinds have, and what their other expressions may speak of. */
function compileShared({ paramKind, matchConditions = [], variables = [] }: PolicySpec) {
  const plain = { ...PLAIN, ...(paramKind ? { params: DYN } : {}) };
  const known = { ...plain, ...AUTHORIZER };
  const made: (Expression & { readonly name: string })[] = [];
  const fields: Record<string, Type> = {};
  const withVariables = (types: Readonly<Record<string, Type>>) =>
    variables.length > 0 ? { ...types, variables: objectType('kubernetes.variables', { ...fields }) } : types;
  for (const { name, expression } of variables) {
    const one = attempt(expression, withVariables(known));
    made.push({ ...one, name });
    fields[name] = typeof one.program === 'string' ? DYN : one.program.type;
  }
  const conditions = matchConditions.map(({ expression }) => attempt(expression.trim(), known, [BOOL]));
  return { conditions, variables: made, withVariables, plain, known };
}

function attempt(text: string, variables: Readonly<Record<string, Type>>, wanted: readonly Type[] = [], messages?: Messages): Expression {
  try {
    const program = compile(text, variables, messages);
    if (wanted.length === 0 || wanted.some((type) => isSameType(type, program.type))) return { text, program };
    const [names, got] = [wanted.map(typeText), typeText(program.type)];
    return {
      text,
      program:
        names.length === 1 ? `must evaluate to ${names[0]} but got ${got}` : `must evaluate to one of [${names.join(' ')}] but got ${got}`,
    };
  } catch (error) {
    if (error instanceof CompileError) return { text, program: `compilation failed: ${error.message}` };
    throw error;
  }
}

const typeText = (type: Type) => formatType(type).replace(/\bnull\b/g, 'null_type');
