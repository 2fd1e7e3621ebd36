import { OutOfBudget, spend, SWALLOWED } from './budget.ts';
import { isMember } from './compare.ts';
import { CelError, FaultError, noSuchOverload } from './errors.ts';
import { maybeMember, message } from './messages.ts';
import { MAYBE, MESSAGE, OURS } from './names.ts';
import { asField, asName, partsOf, signOf, type Call, type Checker, type Declared, type Expansion, type Node } from './syntax.ts';
import { isMap, isMaybe, keysOf, maybe, memberOf, type Value } from './values.ts';
import { faultOf, showType } from './wording.ts';

/** What a loop makes of its turns: `each` gives true to go on. */
interface Form {
  readonly result: 'bool' | 'range' | 'list' | 'map';
  readonly isTest?: true;
  begin(): { turn(key: Value, member: Value, body: () => Value): boolean; end(): Value };
}

function isTrue(value: Value): boolean {
  if (typeof value !== 'boolean') throw noSuchOverload();
  return value;
}

/** One member that decides is enough, even where others are errors. */
const quantifier = (decisive: boolean): Form => ({
  result: 'bool',
  isTest: true,
  begin() {
    let failed: unknown;
    let made = !decisive;
    return {
      turn(_key, _member, body) {
        try {
          if (isTrue(body()) === decisive) made = decisive;
        } catch (error) {
          if (error instanceof OutOfBudget || error instanceof RangeError) throw error;
          spend(SWALLOWED);
          failed ??= error;
        }
        return made !== decisive;
      },
      end() {
        if (failed && made !== decisive) throw failed;
        return made;
      },
    };
  },
});

const ONE: Form = {
  result: 'bool',
  isTest: true,
  begin() {
    let found = 0;
    return {
      turn(_key, _member, body) {
        if (isTrue(body())) found++;
        return true;
      },
      end: () => found === 1,
    };
  },
};

const FILTER: Form = {
  result: 'range',
  isTest: true,
  begin() {
    const kept: Value[] = [];
    return {
      turn(_key, member, body) {
        if (isTrue(body())) kept.push(member);
        return true;
      },
      end: () => kept,
    };
  },
};

const LIST: Form = {
  result: 'list',
  begin() {
    const made: Value[] = [];
    return { turn: (_key, _member, body) => made.push(body()) > 0, end: () => made };
  },
};

function add(made: Map<Value, Value>, key: Value, value: Value): void {
  if (made.has(key)) throw new CelError(`insert failed: key ${String(key as string)} already exists`);
  made.set(key, value);
}

const MAP: Form = {
  result: 'map',
  begin() {
    const made = new Map<Value, Value>();
    return {
      turn(key, _member, body) {
        add(made, key, body());
        return true;
      },
      end: () => made,
    };
  },
};

const ENTRIES: Form = {
  result: 'map',
  begin() {
    const made = new Map<Value, Value>();
    return {
      turn(_key, _member, body) {
        const entries = body();
        if (!isMap(entries)) throw noSuchOverload();
        for (const key of keysOf(entries)) add(made, key, memberOf(entries, key)!);
        return true;
      },
      end: () => made,
    };
  },
};

/** A macro over the members of a list or a map; with two variables the first is the place or the key. */
interface Loop {
  readonly form: Form;
  readonly variables: 1 | 2;
  readonly isFiltered?: true;
}

const LOOPS: readonly (readonly [name: string, Loop])[] = [
  ...([['all', quantifier(false)], ['exists', quantifier(true)], ['exists_one', ONE], ['existsOne', ONE]] as const).flatMap(
    ([name, form]) => [[name, { form, variables: 1 }] as const, [name, { form, variables: 2 }] as const]),
  ['filter', { form: FILTER, variables: 1 }],
  ['map', { form: LIST, variables: 1 }],
  ['map', { form: LIST, variables: 1, isFiltered: true }],
  ...([['transformList', LIST], ['transformMap', MAP], ['transformMapEntry', ENTRIES]] as const).flatMap(
    ([name, form]) => [[name, { form, variables: 2 }] as const, [name, { form, variables: 2, isFiltered: true }] as const]),
]; // prettier-ignore

export interface Macro {
  readonly name: string;
  readonly isMethod: boolean;
  readonly size: number;
  readonly expand: (call: Call) => Expansion;
}

export const MACROS: readonly Macro[] = [
  { name: MESSAGE, isMethod: false, size: 2, expand: message },
  { name: MAYBE, isMethod: false, size: 1, expand: maybeMember },
  { name: `${OURS}has`, isMethod: false, size: 1, expand: has },
  { name: `${OURS}optMap`, isMethod: true, size: 2, expand: (call) => withOptional(call, false) },
  { name: `${OURS}optFlatMap`, isMethod: true, size: 2, expand: (call) => withOptional(call, true) },
  ...LOOPS.map(([name, loop]) => ({
    name: OURS + name,
    isMethod: true,
    size: loop.variables + (loop.isFiltered ? 2 : 1),
    expand: (call: Call) => loopOf(name, loop, call),
  })),
];

function has({ ast, args: [arg] }: Call): Expansion {
  if (arg!.op !== '.') throw new FaultError(arg!.start, 'invalid argument to has() macro');
  const [of, field] = asField(arg!);
  return {
    async: false,
    typeCheck(checker, _self, scope) {
      checker.check(of, scope);
      try {
        checker.check(arg!, scope);
      } catch (error) {
        throw new FaultError(signOf(ast), faultOf(error).message);
      }
      return checker.getType('bool');
    },
    evaluate: (evaluator, _self, scope) => isMember(evaluator.run(of, scope) as Value, field),
  };
}

function variableOf(arg: Node, why = 'argument must be a simple name'): string {
  const name = asName(arg);
  if (name === undefined) throw new FaultError(arg.start, why);
  return name;
}

function withOptional({ ast, args, receiver }: Call, isFlat: boolean): Expansion {
  const why = `${isFlat ? 'optFlatMap' : 'optMap'}() variable name must be a simple identifier`;
  const [variable, body] = args as readonly [Node, Node];
  variableOf(variable, why);
  let name: string;
  let inner: Declared;
  return {
    async: false,
    typeCheck(checker, _self, scope) {
      const type = checker.check(receiver, scope);
      if (type.kind !== 'optional' && type.kind !== 'dyn')
        throw new FaultError(signOf(ast), `found no matching overload for 'hasValue' applied to '${showType(type)}.()'`);
      name = variableOf(variable, why);
      inner = type.valueType ?? checker.getType('dyn');
      const made = checker.check(body, scope.forkWithVariable(name, inner));
      return isFlat ? made : checker.getType(`optional<${made.name}>`);
    },
    evaluate(evaluator, _self, scope) {
      const value = evaluator.run(receiver, scope) as Value;
      if (!isMaybe(value)) throw noSuchOverload();
      if (!value.hasValue()) return value;
      const made = evaluator.run(body, scope.forkWithVariable(name, inner).setIterValue(value.value(), evaluator));
      return isFlat ? made : maybe(made as Value);
    },
  };
}

function loopOf(name: string, { form, variables, isFiltered }: Loop, { ast, args, receiver }: Call): Expansion {
  const namesOf = () => args.slice(0, variables).map((arg) => variableOf(arg));
  let names = namesOf();
  if (names[0] === names[1]) throw new FaultError(args[1]!.start, `duplicate variable name: ${names[0]}`);
  const body = args.at(-1)!;
  const filter = isFiltered ? args[variables]! : undefined;
  const weight = 1 + weigh(body) + (filter ? weigh(filter) : 0);
  const types: Declared[] = [];
  return {
    async: false,
    typeCheck(checker, _self, scope) {
      names = namesOf();
      const range = checker.check(receiver, scope);
      types.splice(0, 2, ...memberTypes(checker, range, receiver).slice(variables === 1 ? 2 : 0));
      const inner = names.reduce((outer, variable, i) => outer.forkWithVariable(variable, types[i]!), scope);
      const conditions = [...(filter ? [filter] : []), ...(form.isTest ? [body] : [])];
      for (const one of conditions) checkCondition(name, checker.check(one, inner), ast);
      return resultOf(checker, form, range, types[0]!, checker.check(body, inner));
    },
    evaluate(evaluator, _self, scope) {
      const range = evaluator.run(receiver, scope) as Value;
      const keys = Array.isArray(range) ? undefined : isMap(range) ? keysOf(range) : undefined;
      if (!keys && !Array.isArray(range)) throw noSuchOverload();
      const items = (keys ?? range) as readonly Value[];
      const outer = scope.forkWithVariable(names[0]!, types[0]!);
      const inner = variables === 2 ? outer.forkWithVariable(names[1]!, types[1]!) : outer;
      const run = (node: Node) => evaluator.run(node, inner) as Value;
      const { turn, end } = form.begin();
      for (const [i, item] of items.entries()) {
        spend(weight);
        const key = keys ? item : BigInt(i);
        outer.setIterValue(variables === 2 ? key : item, evaluator);
        if (variables === 2) inner.setIterValue(keys ? memberOf(range as never, item) : item, evaluator);
        if (filter && !isTrue(run(filter))) continue;
        if (!turn(key, item, () => run(body))) break;
      }
      return end();
    },
  };
}

/** The place or key and the member or value of a loop with two variables; that of a loop with one. */
function memberTypes(checker: Checker, range: Declared, at: Node): readonly [Declared, Declared, Declared] {
  const dyn = checker.getType('dyn');
  switch (range.kind) {
    case 'list':
      return [checker.getType('int'), range.valueType!, range.valueType!];
    case 'map':
      return [range.keyType!, range.valueType!, range.keyType!];
    case 'dyn':
      return [dyn, dyn, dyn];
    default:
      throw new FaultError(
        signOf(at),
        `expression of type '${showType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
  }
}

function checkCondition(name: string, type: Declared, ast: Node): void {
  if (type.name === 'bool' || type.kind === 'dyn') return;
  const shown = showType(type);
  const [operator, applied] =
    name === 'all' ? ['_&&_', `bool, ${shown}`] : name === 'exists' ? ['_||_', `bool, ${shown}`] : ['_?_:_', `${shown}, dyn, dyn`];
  throw new FaultError(signOf(ast), `found no matching overload for '${operator}' applied to '(${applied})'`);
}

function resultOf(checker: Checker, form: Form, range: Declared, key: Declared, body: Declared): Declared {
  switch (form.result) {
    case 'bool':
      return checker.getType('bool');
    case 'range':
      return checker.getType(range.kind === 'dyn' ? 'list' : `list<${(range.kind === 'list' ? range.valueType! : range.keyType!).name}>`);
    case 'list':
      return checker.getType(`list<${body.name}>`);
    case 'map':
      return form === ENTRIES ? body : checker.getType(`map<${key.name}, ${body.name}>`);
  }
}

/** How many steps one look at an expression is: a loop in it pays for its own turns. */
const weigh = (node: Node): number => 1 + partsOf(node).reduce((total, part) => total + weigh(part), 0);
