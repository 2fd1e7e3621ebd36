import { Environment } from '@marcbachmann/cel-js';
import { equal } from './compare.ts';
import type { Overload } from './functions.ts';
import { functions, OPAQUES, OPERATORS, typeOf } from './library/index.ts';
import { MACROS } from './macros.ts';
import { OURS } from './names.ts';
import type { Declared } from './syntax.ts';
import type { ObjectType, Type } from './types.ts';
import { classOf, Span, Time, type Value } from './values.ts';

/** The evaluator as it is told of Kubernetes' functions and of the types of some variables. */
export interface Surroundings {
  readonly environment: Environment;
  /** The types of objects by the names that the evaluator has for them: names of a schema may be any text. */
  readonly objects: ReadonlyMap<string, ObjectType>;
  /** What each variable is called there. */
  readonly names: ReadonlyMap<string, string>;
  /** What the type of a message is called there, by its name. */
  readonly typeNamed: (message: string) => string | undefined;
}

/** The messages that an expression may make, by their names. */
export type Messages = (name: string) => ObjectType | undefined;

const LIMITS = { maxAstNodes: 100_000, maxDepth: 250, maxListElements: 100_000, maxMapEntries: 100_000, maxCallArguments: 100 };

interface Base {
  readonly environment: Environment;
  readonly overloads: readonly Overload[];
  /** All functions and macros. */
  readonly names: ReadonlySet<string>;
}

let base: Base | undefined;

/** Whether there is a function, by the name that the evaluator has for it. */
export const knowsFunction = (name: string): boolean => readBase().names.has(name);

/** Whether a method may be called with such arguments, on whatever it is. */
export function takes(name: string, given: readonly Declared[]): boolean {
  const forms = readBase().overloads.filter((overload) => overload.isMethod && OURS + overload.name === name);
  const isRight = (wanted: Type, { kind, name }: Declared) =>
    wanted.kind === 'param' ||
    wanted.kind === 'dyn' ||
    kind === 'dyn' ||
    kind === 'param' ||
    wanted.kind === kind ||
    nameOf(wanted) === name;
  return (
    forms.length === 0 ||
    forms.some(({ args }) => args.length === given.length + 1 && given.every((type, i) => isRight(args[i + 1]!, type)))
  );
}

function readBase(): Base {
  if (base) return base;
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits: LIMITS });
  const overloads = functions();
  for (const [name, ctor] of [['timestamp', Time], ['duration', Span], ...Object.entries(OPAQUES)] as const) {
    const fields: Record<string, string> = name.endsWith('.Authorizer') ? { requestResource: 'kubernetes.authorization.ResourceCheck' } : {};
    environment.registerType(name, { ctor, fields });
    addEquality(environment, name);
  } // prettier-ignore
  for (const space of new Set(overloads.flatMap(({ space }) => space ?? []))) {
    if (space === 'optional') continue;
    const stands = class extends Space {};
    environment.registerType(spaceType(space), { ctor: stands, fields: {} }).registerConstant(space, spaceType(space), new stands());
  }
  for (const space of ['net', 'kubernetes']) {
    const types = Object.keys(OPAQUES).flatMap((name) =>
      name.startsWith(`${space}.`) ? [[name.slice(space.length + 1), typeOf(name)]] : [],
    );
    environment.registerConstant(space, 'map<string, type>', Object.fromEntries(types));
  }
  for (const overload of overloads) register(environment, overload);
  for (const { name, isMethod, size, expand } of MACROS) {
    environment.registerFunction({
      name,
      ...(isMethod ? { receiverType: 'list' } : {}),
      returnType: 'dyn',
      params: Array.from({ length: size }, () => ({ type: 'ast' })),
      async: false,
      handler: expand,
    } as never);
  }
  for (const [signature, body] of Object.entries(OPERATORS)) environment.registerOperator(signature, body as (a: Value, b: Value) => Value);
  base = { environment, overloads, names: new Set([...overloads.map(({ name }) => OURS + name), ...MACROS.map(({ name }) => name)]) };
  return base;
}

/** What stands for a space of names. */
abstract class Space {
  readonly isSpace = true;
}

/** Functions of a space are methods of a constant with its name. */
const spaceType = (space: string) => (space === 'optional' ? 'OptionalNamespace' : `space.${space}`);

function register(environment: Environment, { space, name, isMethod, args, result, call }: Overload): void {
  const types = args.map((type) => nameOf(type));
  const [receiver, ...others] = space === undefined ? types : [spaceType(space), ...types];
  const isCalledOn = isMethod || space !== undefined;
  environment.registerFunction({
    name: OURS + name,
    ...(isCalledOn ? { receiverType: receiver! } : {}),
    params: (isCalledOn ? others : types).map((type) => ({ type })),
    returnType: nameOf(result),
    async: false,
    handler: space === undefined ? call : (_space: never, ...values: never[]) => call(...values),
  } as never);
}

function addEquality(environment: Environment, name: string): void {
  environment.registerOperator(`${name} == ${name}`, equal).registerOperator(`${name} == null`, (a, b) => a === b);
}

/** A type by the evaluator's name for it. */
function nameOf(type: Type, objects?: ReadonlyMap<ObjectType, string>): string {
  switch (type.kind) {
    case 'list':
      return `list<${nameOf(type.item, objects)}>`;
    case 'optional':
      return `optional<${nameOf(type.item, objects)}>`;
    case 'map':
      return `map<${nameOf(type.key, objects)}, ${nameOf(type.value, objects)}>`;
    case 'object':
      return objects!.get(type)!;
    case 'opaque':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

/**
 * An environment takes a tenth of a megabyte, and takes no more types once it was copied: so many types share one, in which each
 * variable of each type has a name of its own. Then another one is begun, so that those of definitions long gone can go.
 */
const MOST_NAMES = 1000;

class Generation {
  readonly environment = readBase().environment.clone();
  readonly objects = new Map<string, ObjectType>();
  readonly #names = new Map<ObjectType, string>();
  readonly #variables = new Set<string>();
  readonly #messages = new Map<string, ObjectType>();

  get isFull(): boolean {
    return this.objects.size + this.#variables.size > MOST_NAMES;
  }

  declare(name: string, type: Type): string {
    this.#gather(type);
    const typeName = nameOf(type, this.#names);
    const variable = `${name}_${typeName.replaceAll(/\W/g, '_')}`;
    if (!this.#variables.has(variable)) this.environment.registerVariable(variable, typeName);
    this.#variables.add(variable);
    return variable;
  }

  /** A message has one type, wherever it is made. */
  typeNamed(message: string, messages: Messages): string | undefined {
    const offered = messages(message);
    if (!offered) return undefined;
    const type = this.#messages.get(message) ?? offered;
    this.#messages.set(message, type);
    this.#gather(type);
    return this.#names.get(type);
  }

  #gather(type: Type): void {
    switch (type.kind) {
      case 'object':
        if (!this.#names.has(type)) this.#add(type);
        return;
      case 'map':
        this.#gather(type.key);
        this.#gather(type.value);
        return;
      case 'list':
      case 'optional':
        this.#gather(type.item);
        return;
      default:
    }
  }

  #add(type: ObjectType): void {
    const name = `_T${this.#names.size}_`;
    this.#names.set(type, name);
    this.objects.set(name, type);
    for (const field of type.fields.values()) this.#gather(field.type);
    const fields = Object.fromEntries([...type.fields].map(([field, { type }]) => [field, nameOf(type, this.#names)]));
    this.environment.registerType(name, { ctor: classOf(type), ...(type.isOpen ? {} : { fields }) });
    addEquality(this.environment, name);
  }
}

let present: Generation | undefined;

/** Types are told once for all expressions about them. */
export function surroundingsOf(variables: Readonly<Record<string, Type>>, messages: Messages): Surroundings {
  const generation = !present || present.isFull ? new Generation() : present;
  present = generation;
  const names = new Map<string, string>();
  for (const [name, type] of Object.entries(variables)) if (!name.includes('.')) names.set(name, generation.declare(name, type));
  const typeNamed = (message: string) => generation.typeNamed(message, messages);
  return { environment: generation.environment, objects: generation.objects, names, typeNamed };
}
