import { FaultError, noSuchOverload } from './errors.ts';
import { MESSAGE } from './names.ts';
import { asCall, asEntries, type Call, type Expansion, type Node } from './syntax.ts';
import { isMaybe, messageOf, MISSING, type StructClass, type Value } from './values.ts';
import { showType } from './wording.ts';

/** The fields of a message that is made, each with what it gets; undefined for any other call. */
export function fieldsOf(node: Node): readonly (readonly [name: string, value: Node])[] | undefined {
  const [name, args] = asCall(node);
  return name === MESSAGE ? asEntries(args[1]!).map(([key, value]) => [key.args as string, value]) : undefined;
}

/** `Object.spec{replicas: 1}`: a value of the type that is named. */
export function message({ ast, args }: Call): Expansion {
  const [typeName] = args as readonly [Node, Node];
  let made: StructClass | undefined;
  return {
    async: false,
    typeCheck(checker, _self, scope) {
      const type = checker.getType(typeName.args as string);
      const declared = checker.objectTypes.get(type.name)!;
      made = declared.ctor as StructClass;
      const seen = new Set<string>();
      for (const [name, value] of fieldsOf(ast)!) {
        const wanted = declared.fields ? declared.fields[name] : checker.getType('dyn');
        if (!wanted) throw new FaultError(value.start, `undefined field '${name}'`);
        if (seen.has(name)) throw new FaultError(value.start, `duplicate field '${name}'`);
        seen.add(name);
        const given = checker.check(value, scope);
        if (wanted.kind === 'dyn' || given.kind === 'dyn' || wanted.name === given.name) continue;
        const [expected, got] = [showType(wanted), showType(given)];
        throw new FaultError(value.start, `expected type of field '${name}' is '${expected}' but provided type is '${got}'`);
      }
      return type;
    },
    evaluate: (evaluator, _self, scope) =>
      messageOf(
        made!,
        fieldsOf(ast)!.map(([name, value]) => [name, evaluator.run(value, scope) as Value] as const),
      ),
  };
}

/** `?x`, where a list, a map or a message may have a member more: it has it where there is a value. */
export function maybeMember({ args: [arg] }: Call): Expansion {
  return {
    async: false,
    typeCheck(checker, _self, scope) {
      const type = checker.check(arg!, scope);
      if (type.kind === 'dyn') return type;
      if (type.kind !== 'optional')
        throw new FaultError(arg!.start, `expected type 'optional_type(${showType(type)})' but found '${showType(type)}'`);
      return type.valueType ?? checker.getType('dyn');
    },
    evaluate(evaluator, _self, scope) {
      const value = evaluator.run(arg!, scope) as Value;
      if (!isMaybe(value)) throw noSuchOverload();
      return value.hasValue() ? value.value() : MISSING;
    },
  };
}
