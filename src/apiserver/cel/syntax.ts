/** The evaluator's tree of an expression and what its macros work with, as far as they are used here. */
export interface Node {
  readonly op: string;
  readonly args: never;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
  readonly input: string;
  readonly checkedType?: Declared;
}

export interface Declared {
  readonly kind: string;
  readonly name: string;
  readonly type: string;
  readonly keyType?: Declared;
  readonly valueType?: Declared;
}

export interface Scope {
  forkWithVariable(name: string, type: Declared): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}

export interface Checker {
  check(node: Node, scope: Scope): Declared;
  getType(name: string): Declared;
  /** The types that were registered: their fields, where not any will do, and whose instances their values are. */
  readonly objectTypes: ReadonlyMap<string, { readonly ctor: unknown; readonly fields?: Readonly<Record<string, Declared>> }>;
}

export interface Evaluator {
  run(node: Node, scope: Scope): unknown;
}

/** What a macro makes of a call. */
export interface Expansion {
  readonly async: false;
  typeCheck(checker: Checker, self: unknown, scope: Scope): Declared;
  evaluate(evaluator: Evaluator, self: unknown, scope: Scope): unknown;
}

export interface Call {
  readonly ast: Node;
  readonly args: readonly Node[];
  readonly receiver: Node;
}

export const asName = (node: Node): string | undefined => (node.op === 'id' ? (node.args as string) : undefined);
export const asCall = (node: Node) => node.args as readonly [name: string, args: readonly Node[]];
export const asMethod = (node: Node) => node.args as readonly [name: string, receiver: Node, args: readonly Node[]];
export const asEntries = (node: Node) => node.args as readonly (readonly [key: Node, value: Node])[];
export const asField = (node: Node) => node.args as readonly [of: Node, field: string];

/** All nodes right below one. */
export function partsOf({ op, args }: Node): readonly Node[] {
  const isNode = (part: unknown): part is Node => typeof part === 'object' && part !== null && 'op' in part;
  const flatten = (part: unknown): readonly Node[] => (Array.isArray(part) ? part.flatMap(flatten) : isNode(part) ? [part] : []);
  return op === 'value' ? [] : flatten(args);
}

/** Where the sign of a node stands that K8s' messages point at: an operator, the point before a field, a bracket. */
export function signOf(node: Node): number {
  const { op, input, pos, start } = node;
  switch (op) {
    case '.':
    case '.?':
      return input.lastIndexOf('.', pos);
    case 'call':
      return input.indexOf('(', start);
    case 'rcall': {
      const [name, receiver] = asMethod(node);
      const named = new RegExp(`\\.\\s*${name}\\s*\\(`, 'g');
      named.lastIndex = receiver.end;
      return named.exec(input) ? named.lastIndex - 1 : pos;
    }
    case 'value':
    case 'id':
    case '!_':
    case '-_':
    case 'list':
    case 'map':
      return start;
    default: {
      const [left] = partsOf(node);
      const sign = op === '?:' ? '?' : op === '[?]' || op === '[]' ? '[' : op;
      return left ? Math.max(start, input.indexOf(sign, left.end)) : start;
    }
  }
}
