import { OutOfBudget, spend, SWALLOWED } from './budget.ts';
import { equal, isIn, sizeOf } from './compare.ts';
import { CelError, noSuchKey, noSuchOverload } from './errors.ts';
import { joined } from './library/index.ts';
import { MAYBE } from './names.ts';
import { asCall, asField, partsOf, type Evaluator, type Node, type Scope } from './syntax.ts';
import { isUint, MISSING, typeName, type Value } from './values.ts';

const isMaybeMember = (node: Node) => node.op === 'call' && asCall(node)[0] === MAYBE;

type Handle = (a: Value, b: Value, node: Node, evaluator: Evaluator) => Value;

/** What the evaluator keeps at a node that was checked: how it is evaluated. */
type Checked = { -readonly [key in keyof Node]: Node[key] } & {
  handle?: Handle;
  evaluate(evaluator: Evaluator, node: Node, scope: Scope): unknown;
};

/** Where the evaluator does otherwise than Kubernetes, or costs without counting: what is compared, joined, looked into or made, and which error is told. */
export function adjust(node: Node): void {
  const checked = node as Checked;
  const usual = checked.handle;
  switch (node.op) {
    case '==':
      checked.handle = equal;
      break;
    case '!=':
      checked.handle = (a, b) => !equal(a, b);
      break;
    case 'in':
      checked.handle = isIn;
      break;
    case '+':
      checked.handle = (a, b, ...more) => {
        spend(1 + sizeOf(a) + sizeOf(b));
        return Array.isArray(a) && Array.isArray(b) ? joined(a as Value[], b as Value[]) : usual!(a, b, ...more);
      };
      break;
    case '.': {
      const [, field] = asField(node);
      checked.handle = (of, ...more) => (of instanceof Map ? select(of, field) : usual!(of, ...more));
      break;
    }
    case '[]':
      checked.handle = (of, key, ...more) => (of instanceof Map ? select(of, key) : usual!(of, key, ...more));
      break;
    case '&&':
    case '||': {
      const [a, b] = node.args as readonly [Node, Node];
      checked.evaluate = (evaluator, _node, scope) =>
        decide(
          () => evaluator.run(a, scope),
          () => evaluator.run(b, scope),
          node.op === '||',
        );
      break;
    }
    case 'list': {
      if (!partsOf(node).some(isMaybeMember)) break;
      const all = checked.evaluate.bind(checked);
      checked.evaluate = (...more) => (all(...more) as readonly Value[]).filter((item) => item !== MISSING);
      break;
    }
    case 'map':
      checked.evaluate = (evaluator, { args }, scope) => build(args, (part) => evaluator.run(part, scope) as Value);
      break;
    default:
  }
  for (const part of partsOf(node)) adjust(part);
}

/** One side that decides is enough, even where the other is an error; of two errors the first is told. */
function decide(a: () => unknown, b: () => unknown, decisive: boolean): boolean {
  const left = attempt(a);
  if (left === decisive) return decisive;
  const right = attempt(b);
  if (right === decisive) return decisive;
  if (typeof left !== 'boolean') throw left;
  if (typeof right !== 'boolean') throw right;
  return !decisive;
}

/** A truth, or why there is none. */
function attempt(run: () => unknown): boolean | Error {
  try {
    const value = run();
    return typeof value === 'boolean' ? value : noSuchOverload();
  } catch (error) {
    if (error instanceof OutOfBudget || error instanceof RangeError || !(error instanceof Error)) throw error;
    spend(SWALLOWED);
    return error;
  }
}

function select(of: ReadonlyMap<Value, Value>, key: Value): Value {
  const value = of.get(keyOf(key));
  if (value === undefined) throw noSuchKey(String(key as string));
  return value;
}

function keyOf(key: Value): Value {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key;
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key);
  if (typeof key === 'object' && key !== null && isUint(key)) return key.value;
  throw new CelError(`unsupported key type: ${typeName(key)}`);
}

function build(entries: readonly (readonly [Node, Node])[], run: (node: Node) => Value): Map<Value, Value> {
  const made = new Map<Value, Value>();
  for (const [keyNode, valueNode] of entries) {
    const key = keyOf(run(keyNode));
    if (made.has(key)) throw new CelError(`insert failed: key ${String(key as string)} already exists`);
    const value = run(valueNode);
    if (value !== MISSING) made.set(key, value);
  }
  return made;
}
