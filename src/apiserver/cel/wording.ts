import { CelError, FaultError, noSuchOverload, type Fault } from './errors.ts';
import { written } from './names.ts';
import { asCall, asField, asMethod, asName, partsOf, signOf, type Declared, type Node } from './syntax.ts';
import { formatType, readTypes } from './types.ts';

/** What the evaluator says of a mistake. */
interface Said {
  readonly code: string;
  readonly summary: string;
  readonly node?: Node;
  readonly range?: { readonly start: number; readonly end: number };
}

const isSaid = (error: unknown): error is Said & Error => error instanceof Error && 'code' in error && 'summary' in error;

/** A type in Kubernetes' words. */
export const showType = ({ name }: Declared): string => formatType(readTypes(name.replace(/^dyn<.*>$/, 'dyn'))[0]!);

const show = (node: Node) => (node.checkedType ? showType(node.checkedType) : 'dyn');
const unfitted = (name: string, applied: string) => `found no matching overload for '${name}' applied to '${applied}'`;
export const unfit = (name: string, args: readonly Node[]) => unfitted(name, `(${args.map(show).join(', ')})`);
export const noFields = (type: Declared) => `type '${showType(type)}' does not support field selection`;
export const undeclared = (name: string) => `undeclared reference to '${name}' (in container '')`;

/** Why an expression is refused, with its place in the text that the evaluator read. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error;
  if (error instanceof RangeError) return { at: 0, message: 'expression recursion limit exceeded: 250' };
  if (!isSaid(error)) throw error;
  const { node } = error;
  return node?.op === undefined ? syntaxFault(error) : typeFault(error.code, error.summary, node);
}

function syntaxFault({ code, summary, node, range }: Said): Fault {
  const { start: at, end } = range ?? { start: 0, end: 0 };
  const token = node?.input.slice(at, end) || '<EOF>';
  switch (code) {
    case 'limit_exceeded':
      return { at: 0, message: summary.includes('maxDepth') ? 'expression recursion limit exceeded: 250' : summary };
    case 'expected_token':
    case 'unexpected_token':
      return { at, message: `Syntax error: mismatched input '${written(token)}'` };
    case 'unexpected_character':
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return { at, message: `Syntax error: token recognition error at: '${token}'` };
    default:
      return { at, message: `Syntax error: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}` };
  }
}

function typeFault(code: string, summary: string, node: Node): Fault {
  const at = signOf(node);
  const parts = partsOf(node);
  switch (code) {
    case 'unknown_variable':
      return { at, message: undeclared(asName(node)!) };
    case 'no_such_key':
      return { at, message: node.op === '[]' ? unfit('_[_]', parts) : `undefined field '${asField(node)[1]}'` };
    case 'cannot_index_type':
      return node.op === '.' || node.op === '.?'
        ? { at, message: noFields(parts[0]!.checkedType!) }
        : { at, message: unfit('_[_]', parts) };
    case 'invalid_index_type':
      return { at, message: unfit('_[_]', parts) };
    case 'no_such_overload':
    case 'invalid_logical_operand': {
      const name = parts.length === 1 ? node.op : node.op === 'in' ? '@in' : `_${node.op}_`;
      return { at, message: unfit(name, parts) };
    }
    case 'incompatible_ternary_branches':
      return { at, message: unfit('_?_:_', parts) };
    case 'invalid_condition_type':
      return { at, message: unfitted('_?_:_', `(${show(node)}, dyn, dyn)`) };
    case 'no_matching_overload':
      return { at, message: callFault(node) };
    default: {
      const [, wanted, found] = /expected type '(.*)' but found '(.*)'$/.exec(summary) ?? [];
      if (wanted === undefined || found === undefined) return { at, message: summary };
      const [a, b] = [wanted, found].map((name) => showType({ name } as Declared));
      return { at, message: `expected type '${a}' but found '${b}'` };
    }
  }
}

/** A function of a space, such as `sets.contains`, is a method of what stands for the space. */
export function callFault(node: Node): string {
  if (node.op === 'call') {
    const [name, args] = asCall(node);
    return unfit(written(name), args);
  }
  const [name, receiver, args] = asMethod(node);
  const isSpace = receiver.checkedType?.name.startsWith('space.');
  return isSpace
    ? unfit(`${asName(receiver)!}.${written(name)}`, args)
    : unfitted(written(name), `${show(receiver)}.(${args.map(show).join(', ')})`);
}

/** Why an evaluation gave no value, in Kubernetes' words where it has any. */
export function failureOf(error: unknown): CelError {
  if (error instanceof CelError) return error;
  if (!isSaid(error)) throw error;
  const { code, summary } = error;
  switch (code) {
    case 'no_such_key':
      return new CelError(summary.replace('No such', 'no such'));
    case 'index_out_of_bounds':
      return new CelError(`index out of bounds: ${/index (-?\d+)/.exec(summary)?.[1] ?? ''}`);
    case 'division_by_zero':
      return new CelError('division by zero');
    case 'modulo_by_zero':
      return new CelError('modulus by zero');
    case 'numeric_overflow':
      return new CelError(summary.startsWith('Unsigned') ? 'unsigned integer overflow' : 'integer overflow');
    case 'no_such_overload':
    case 'no_matching_overload':
    case 'invalid_condition_type':
    case 'invalid_logical_operand':
    case 'invalid_comparison_type':
    case 'variable_type_mismatch':
    case 'field_type_mismatch':
    case 'list_item_type_mismatch':
      return noSuchOverload();
    default:
      return new CelError(summary);
  }
}
