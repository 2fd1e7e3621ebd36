import { adjust } from './adjust.ts';
import { within, type Budget } from './budget.ts';
import { surroundingsOf, type Messages } from './environment.ts';
import { CompileError, FaultError, type Fault } from './errors.ts';
import { judgeTypes, judgeWritten } from './judge.ts';
import { rewrite } from './rewrite.ts';
import { asName, partsOf, type Node } from './syntax.ts';
import { DYN, readTypes, type ObjectType, type Type } from './types.ts';
import { isDict, maybe, Optional, structOf, type Value } from './values.ts';
import { failureOf, faultOf, undeclared } from './wording.ts';

export interface Program {
  readonly type: Type;
  /** Which of its variables it speaks of. */
  readonly uses: ReadonlySet<string>;
  /** Throws a `CelError` where there is no value. */
  run(inputs: Readonly<Record<string, Value>>, budget: Budget): Value;
}

const LONGEST = 100_000;

/** Throws a `CompileError` that says what is wrong first. */
export function compile(written: string, variables: Readonly<Record<string, Type>>, messages: Messages = () => undefined): Program {
  const { environment, objects, names, typeNamed } = surroundingsOf(variables, messages);
  let place = (at: number) => at;
  const refuse = ({ at, message }: Fault): never => {
    const named = message.replace(/\b_T\d+_/g, (name) => objects.get(name)?.name ?? name);
    throw new CompileError(written, [{ at: place(at), message: named }]);
  };
  try {
    const size = [...written].length;
    if (size > LONGEST) throw new FaultError(0, `expression code point size exceeds limit: size: ${size}, limit ${LONGEST}`);
    const rewritten = rewrite(written, (message, at) => {
      const type = typeNamed(message);
      if (type === undefined) throw new FaultError(at, undeclared(message));
      return type;
    });
    place = (at) => rewritten.place(at);
    const program = environment.parse(rewritten.text);
    const tree = program.ast as unknown as Node;
    judgeWritten(tree);
    const uses = usesOf(tree, variables);
    nameVariables(tree, names);
    const checked = program.check();
    if (!checked.valid) throw checked.error!;
    judgeTypes(tree, objects);
    adjust(tree);
    return {
      type: typeOf(checked.type!, objects),
      uses,
      run: (inputs, budget) =>
        within(budget, () => {
          const { stackTraceLimit } = Error;
          // Errors are values here: `a || b` swallows them by the thousand.
          Error.stackTraceLimit = 0;
          try {
            return program(contextOf(inputs, variables, names)) as Value;
          } catch (error) {
            throw failureOf(error);
          } finally {
            Error.stackTraceLimit = stackTraceLimit;
          }
        }),
    };
  } catch (error) {
    return refuse(faultOf(error));
  }
}

const typeOf = (name: string, objects: ReadonlyMap<string, ObjectType>): Type =>
  name.startsWith('dyn') ? DYN : readTypes(name, objects)[0]!;

function usesOf(tree: Node, variables: Readonly<Record<string, Type>>): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (node: Node): void => {
    const name = asName(node);
    if (name !== undefined) names.add(name);
    for (const part of partsOf(node)) look(part);
  };
  look(tree);
  return new Set(Object.keys(variables).filter((name) => names.has(name.split('.')[0]!)));
}

/** Variables of macros that are called as others are named with them, and hide them as before. */
function nameVariables(node: Node, names: ReadonlyMap<string, string>): void {
  const name = names.get(asName(node) ?? '');
  if (name !== undefined) (node as { args: unknown }).args = name;
  for (const part of partsOf(node)) nameVariables(part, names);
}

/** What was given, as the evaluator takes it. A name with a point is a field of what is called as its begin. */
function contextOf(
  inputs: Readonly<Record<string, Value>>,
  variables: Readonly<Record<string, Type>>,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, Value> {
  const context = new Map<string, Value>();
  for (const [name, value] of Object.entries(inputs)) {
    const type = variables[name];
    if (!type) continue;
    const [owner, field] = name.split('.') as [string, string?];
    const place = names.get(owner)!;
    if (field !== undefined) context.set(place, Object.create(context.get(place) as object, { [field]: { value } }) as object);
    else if (value instanceof Optional) context.set(place, maybe(value.value));
    else context.set(place, type.kind === 'object' && isDict(value) ? structOf(type, value) : value);
  }
  return context;
}
