import { isRecord } from '../../base/index.ts';
import {
  BOOL,
  compile,
  CompileError,
  declaredType,
  isEmbedded,
  isSameType,
  optionalOf,
  STRING,
  type Program,
  type Type,
} from '../cel/index.ts';
import { mapKey, type FieldPath } from '../../model/index.ts';

type Written = Readonly<Record<string, unknown>>;

/** One of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** A rule that can be asked; or why it cannot. */
export interface CompiledRule {
  readonly written: ValidationRule;
  readonly program: Program | string;
  readonly message?: Program | string;
  /** Where under its value the problem is told. */
  readonly at: FieldPath;
}

/** The rules of a schema and of its parts: parts without any are left out. */
export interface RuleTree {
  readonly schema: Written;
  readonly type: Type;
  readonly rules: readonly CompiledRule[];
  /** More rules about the same value. */
  readonly also: readonly RuleTree[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly additional?: RuleTree;
  readonly items?: RuleTree;
}

export const rulesIn = (schema: Written): readonly ValidationRule[] => {
  const rules = schema['x-kubernetes-validations'];
  return Array.isArray(rules) ? (rules as ValidationRule[]) : [];
};

/** Undefined where nothing in the schema has rules. */
export function compileRules(schema: unknown): RuleTree | undefined {
  return isRecord(schema) && hasRules(schema) ? treeOf(schema, schema, true) : undefined;
}

function hasRules(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  const { properties, items, additionalProperties, allOf } = schema;
  const parts = [
    ...Object.values(isRecord(properties) ? properties : {}),
    items,
    additionalProperties,
    ...(Array.isArray(allOf) ? (allOf as unknown[]) : []),
  ];
  return rulesIn(schema).length > 0 || parts.some(hasRules);
}

/** `said` is what holds the rules: the schema that says what the value is, or one in its `allOf`. */
function treeOf(said: unknown, schema: unknown, isRoot = false): RuleTree | undefined {
  if (!isRecord(said) || !isRecord(schema)) return undefined;
  const type = declaredType(schema, isRoot || isEmbedded(schema));
  if (!type) return undefined;
  const rules = rulesIn(said).map((rule) => compileRule(rule, type, schema));
  const [named, shown] = [said['properties'], schema['properties']].map((part) => (isRecord(part) ? part : {}));
  const properties = Object.entries(named!).flatMap(([name, part]) => {
    const tree = treeOf(part, shown![name]);
    return tree ? [[name, tree] as const] : [];
  });
  const also = (Array.isArray(said['allOf']) ? (said['allOf'] as unknown[]) : []).flatMap((part) => treeOf(part, schema, isRoot) ?? []);
  const additional = treeOf(said['additionalProperties'], schema['additionalProperties']);
  const items = treeOf(said['items'], schema['items']);
  if (rules.length + properties.length + also.length === 0 && !additional && !items) return undefined;
  return { schema, type, rules, also, properties: new Map(properties), ...(additional ? { additional } : {}), ...(items ? { items } : {}) };
}

export function compileRule(written: ValidationRule, type: Type, schema: Written): CompiledRule {
  const variables = { self: type, oldSelf: written.optionalOldSelf ? optionalOf(type) : type };
  const { rule, messageExpression } = written;
  return {
    written,
    program: attempt(() => compile(rule, variables), BOOL, 'compilation failed: ', 'cel expression must evaluate to a bool'),
    ...(messageExpression
      ? {
          message: attempt(
            () => compile(messageExpression, variables),
            STRING,
            'messageExpression compilation failed: ',
            'messageExpression must evaluate to a string',
          ),
        }
      : {}),
    at: (written.fieldPath ? readFieldPath(written.fieldPath, schema) : undefined) ?? [],
  };
}

function attempt(make: () => Program, wanted: Type, failed: string, wrong: string): Program | string {
  try {
    const program = make();
    return isSameType(program.type, wanted) ? program : wrong;
  } catch (error) {
    if (error instanceof CompileError) return failed + error.message;
    throw error;
  }
}

const STEP = /\.([^.[\]']+)|\['((?:\\.|[^'\\])*)'\]/y;

/** `.a.b['c d']`; undefined where the schema has no such field. */
export function readFieldPath(text: string, schema: Written): FieldPath | undefined {
  const steps: (string | number)[] = [];
  const step = new RegExp(STEP);
  let at: unknown = schema;
  while (step.lastIndex < text.length) {
    const [, name, quoted] = step.exec(text) ?? [];
    const wanted = name ?? quoted?.replaceAll(/\\(.)/g, '$1');
    if (wanted === undefined || !isRecord(at)) return undefined;
    const isField = isRecord(at['properties']);
    at = isField ? (at['properties'] as Written)[wanted] : at['additionalProperties'];
    if (at === undefined) return undefined;
    steps.push(isField ? wanted : mapKey(wanted));
  }
  return steps;
}

export const typeText = (schema: Written) => (typeof schema['type'] === 'string' ? schema['type'] : '');
