import { knowsFunction, takes } from './environment.ts';
import { CelError, FaultError } from './errors.ts';
import { compileRegex } from './library/regex.ts';
import { written } from './names.ts';
import { fieldsOf } from './messages.ts';
import { asCall, asField, asMethod, partsOf, signOf, type Node } from './syntax.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import type { ObjectType } from './types.ts';
import { callFault, noFields, showType, undeclared, unfit } from './wording.ts';

/** Functions whose text is often written out: what it must be. */
const JUDGES: Readonly<Record<string, (text: string) => unknown>> = {
  matches: compileRegex,
  timestamp: parseTimestamp,
  duration: parseDuration,
};

/** What is wrong whatever the types are. */
export function judgeWritten(node: Node, isNegative = false): void {
  const value = node.args as unknown;
  if (node.op === 'value' && typeof value === 'bigint') {
    const signed = isNegative ? -value : value;
    if (BigInt.asIntN(64, signed) !== signed) throw new FaultError(node.start, 'Syntax error: invalid int literal');
  }
  if (node.op === 'call' || node.op === 'rcall') judgeCall(node);
  for (const part of partsOf(node)) judgeWritten(part, node.op === '-_');
}

function judgeCall(node: Node): void {
  const [name] = asCall(node);
  if (!knowsFunction(name)) throw new FaultError(signOf(node), undeclared(written(name)));
  const last = (node.op === 'call' ? asCall(node)[1] : asMethod(node)[2]).at(-1);
  const text = last?.op === 'value' ? (last.args as unknown) : undefined;
  const judge = Object.hasOwn(JUDGES, written(name)) ? JUDGES[written(name)] : undefined;
  if (judge && typeof text === 'string' && !isRight(judge, text)) throw new FaultError(last!.start, `invalid ${written(name)} argument`);
}

function isRight(judge: (text: string) => unknown, text: string): boolean {
  try {
    judge(text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

/** What the evaluator lets pass: optional fields that are not there, keys of other types, lists and maps of many types. */
export function judgeTypes(node: Node, objects: ReadonlyMap<string, ObjectType>): void {
  const parts = partsOf(node);
  switch (node.op) {
    case '.':
    case '.?': {
      const [of, field] = asField(node);
      const type = of.checkedType?.kind === 'optional' ? of.checkedType.valueType : of.checkedType;
      if (type && CLOSED.has(type.name)) throw new FaultError(signOf(node), noFields(type));
      const object = type && objects.get(type.name);
      if (object && !object.isOpen && !object.fields.has(field)) throw new FaultError(signOf(node), `undefined field '${field}'`);
      break;
    }
    case '[]':
    case '[?]':
      judgeKey(node, parts);
      break;
    case 'rcall': {
      const [name, receiver, args] = asMethod(node);
      const types = args.map(({ checkedType }) => checkedType);
      if (receiver.checkedType?.kind === 'dyn' && types.every((type) => type !== undefined) && !takes(name, types))
        throw new FaultError(signOf(node), callFault(node));
      break;
    }
    case 'call': {
      const values = fieldsOf(node)?.map(([, value]) => value);
      if (!values) break;
      // Fields are no members of a map, which are all of one type.
      for (const value of values) judgeTypes(value, objects);
      return;
    }
    case '==':
    case '!=':
      judgeRank(node, parts[1]!);
      break;
    case 'list':
      judgeAlike(parts);
      break;
    case 'map': {
      const entries = node.args as readonly (readonly [key: Node, value: Node])[];
      judgeAlike(entries.map(([key]) => key));
      judgeAlike(entries.map(([, value]) => value));
      break;
    }
    default:
  }
  for (const part of parts) judgeTypes(part, objects);
}

/** Types that have no fields, and of which the evaluator takes any field for one that may be anything. */
const CLOSED: ReadonlySet<string> = new Set(['type', 'uint', 'bytes', 'OptionalNamespace', 'CelNamespace']);

const RELATIONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', 'in']);

/** `a == b < c` is `(a == b) < c`, and to the evaluator `a == (b < c)`. */
function judgeRank(node: Node, right: Node): void {
  const isOpened = node.input.slice(signOf(node), right.start).includes('(');
  if (RELATIONS.has(right.op) && !isOpened)
    throw new FaultError(signOf(right), `'${right.op}' after '${node.op}' is only supported in parentheses`);
}

const isOpen = ({ checkedType }: Node) => !checkedType || /\bdyn\b|^[A-Z]$|<[A-Z]\b/.test(checkedType.name);

function judgeKey(node: Node, parts: readonly Node[]): void {
  const [of, key] = parts as readonly [Node, Node];
  const type = of.checkedType?.kind === 'optional' ? of.checkedType.valueType : of.checkedType;
  if (!type || isOpen(of) || isOpen(key)) return;
  const isWrong = type.kind === 'map' ? type.keyType!.name !== key.checkedType!.name : type.kind === 'message' || CLOSED.has(type.name);
  if (isWrong) throw new FaultError(signOf(node), unfit(`_${node.op === '[]' ? '[_]' : '[?_]'}`, parts));
}

/** From one that may be anything on, all may. */
function judgeAlike(members: readonly Node[]): void {
  const open = members.findIndex(isOpen);
  const [first, ...others] = open < 0 ? members : members.slice(0, open);
  const other = others.find(({ checkedType }) => checkedType!.name !== first!.checkedType!.name);
  if (other)
    throw new FaultError(signOf(other), `expected type '${showType(first!.checkedType!)}' but found '${showType(other.checkedType!)}'`);
}
