import { isRecord } from '../../base/index.ts';
import {
  formatPath,
  invalid,
  mapKey,
  required,
  schemaPlaces,
  type CustomResourceDefinition,
  type FieldPath,
  type FieldProblem,
} from '../../model/index.ts';
import { declaredType, isEmbedded } from '../cel/index.ts';
import { compileRule, readFieldPath, rulesIn, type ValidationRule } from './rules.ts';

type Written = Readonly<Record<string, unknown>>;

/** What is wrong with the rules of a definition: how they are written, and only where that is right, what they say. */
export function definitionRuleProblems(definition: CustomResourceDefinition): readonly FieldProblem[] {
  return schemaPlaces(definition).flatMap(({ schema, path }) => {
    const parts = isRecord(schema) ? [...partsOf({ said: schema, schema, path, isRoot: true })] : [];
    const written = parts.flatMap(({ said, schema, path }) =>
      rulesIn(said).flatMap((rule, i) => writingProblems(rule, schema, placeOf(path, i))),
    );
    return written.length > 0 ? written : parts.flatMap(meaningProblems);
  });
}

const placeOf = (path: FieldPath, i: number): FieldPath => [...path, 'x-kubernetes-validations', i];

/** A schema that may hold rules, beside the one that says what its values are. */
interface Part {
  readonly said: Written;
  readonly schema: Written;
  readonly path: FieldPath;
  readonly isRoot?: boolean;
  /** What keeps a value here from being known for another version of one before. */
  readonly unrelated?: FieldPath;
}

function* partsOf(part: Part): Generator<Part> {
  const { said, schema, path, unrelated } = part;
  if (rulesIn(said).length > 0) yield part;
  const at = (below: unknown, known: unknown, steps: FieldPath, isRelated: boolean): Part[] => {
    if (!isRecord(below) || !isRecord(known)) return [];
    const cut = unrelated ?? (isRelated ? undefined : path);
    return [{ said: below, schema: known, path: [...path, ...steps], ...(cut ? { unrelated: cut } : {}) }];
  };
  const [named, known] = [said['properties'], schema['properties']].map((fields) => (isRecord(fields) ? fields : {}));
  const inner = [
    ...Object.entries(named!).flatMap(([name, below]) => at(below, known![name], ['properties', mapKey(name)], true)),
    ...at(said['additionalProperties'], schema['additionalProperties'], ['additionalProperties'], true),
    ...at(said['items'], schema['items'], ['items'], schema['x-kubernetes-list-type'] === 'map'),
    ...(Array.isArray(said['allOf'])
      ? said['allOf'].flatMap((branch: unknown, i) =>
          at(branch, schema, ['allOf', i], true).map((one) => ({ ...one, ...(part.isRoot ? { isRoot: true } : {}) })),
        )
      : []),
  ];
  for (const one of inner) yield* partsOf(one);
}

const hasLines = (text: string) => /[\n\r]/.test(text);

function writingProblems(rule: ValidationRule, schema: Written, path: FieldPath): FieldProblem[] {
  const at = (name: keyof ValidationRule) => [...path, name];
  const { rule: text = '', message = '', messageExpression = '', fieldPath = '' } = rule;
  return [
    ...messageProblems(text.trim(), message, at),
    ...(messageExpression !== '' && messageExpression.trim() === '' ? [required(at('messageExpression'), 'messageExpression must be non-empty if specified')] : []),
    ...(fieldPath !== '' && fieldPath.trim() === '' ? [invalid(at('fieldPath'), fieldPath, 'fieldPath must be non-empty if specified')] : []),
    ...(hasLines(fieldPath) ? [invalid(at('fieldPath'), fieldPath, 'fieldPath must not contain line breaks')] : []),
    ...(fieldPath !== '' && !readFieldPath(fieldPath, schema) ? [invalid(at('fieldPath'), fieldPath, 'fieldPath must be a valid path')] : []),
  ]; // prettier-ignore
}

function messageProblems(rule: string, message: string, at: (name: keyof ValidationRule) => FieldPath): FieldProblem[] {
  if (rule === '') return [required(at('rule'), 'rule is not specified')];
  const line = message.trim();
  if (message !== '' && line === '') return [invalid(at('message'), message, 'message must be non-empty if specified')];
  if (hasLines(line)) return [invalid(at('message'), message, 'message must not contain line breaks')];
  return hasLines(rule) && line === '' ? [required(at('message'), 'message must be specified if rule contains line breaks')] : [];
}

function meaningProblems({ said, schema, path, isRoot = false, unrelated }: Part): FieldProblem[] {
  const type = declaredType(schema, isRoot || isEmbedded(schema));
  if (!type) return [];
  return rulesIn(said).flatMap((written, i) => {
    const at = (name: keyof ValidationRule) => [...placeOf(path, i), name];
    const { program, message } = compileRule(written, type, schema);
    const usesOld = typeof program !== 'string' && program.uses.has('oldSelf');
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${unrelated ? formatPath(unrelated) : ''}`;
    return [
      ...(typeof program === 'string' ? [invalid(at('rule'), shown(written), program)] : []),
      ...(typeof message === 'string' ? [invalid(at('messageExpression'), shown(written), message)] : []),
      ...(usesOld && unrelated ? [invalid(at('rule'), written.rule, why)] : []),
      ...(!usesOld && written.optionalOldSelf !== undefined
        ? [invalid(at('optionalOldSelf'), written.optionalOldSelf, 'may not be set if oldSelf is not used in rule')]
        : []),
    ];
  });
}

/** As Kubernetes shows a rule: all of it, under the names that its fields have inside. */
function shown({ rule, message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf }: ValidationRule) {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
}
