import { spend } from './budget.ts';
import { sizeOf } from './compare.ts';
import { readTypes, type Type } from './types.ts';
import type { Value } from './values.ts';

/** One form of a function: for these types of arguments; the first is what it is called on, where it is a method. */
export interface Overload {
  /** `sets` of `sets.contains`. */
  readonly space?: string;
  readonly name: string;
  readonly isMethod: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  call(...args: readonly Value[]): Value;
}

/** A table of functions: `'contains(string, string): bool'` and how it is done; a method begins with a dot. */
export type Library = Readonly<Record<string, (...args: never[]) => Value>>;

/** An operator of two sides: `'timestamp < timestamp'`. */
export type Operators = Readonly<Record<string, (a: never, b: never) => Value>>;

/** `.size(string|bytes|list(A)): int` stands for one form with each of these types. */
export function readLibraries(libraries: readonly Library[]): readonly Overload[] {
  return libraries
    .flatMap((library) => Object.entries(library))
    .flatMap(([signature, body]) => {
      const [, dot, space, name = '', args = '', result = ''] = /^(\.?)(?:(\w+)\.)?(\w+)\((.*)\): (.+)$/.exec(signature) ?? [];
      const call = (...values: readonly Value[]) => {
        let cost = 1;
        for (const value of values) cost += sizeOf(value);
        spend(cost);
        return (body as (...values: readonly Value[]) => Value)(...values);
      };
      return alternatives(args).map((form) => ({
        ...(space ? { space } : {}),
        name,
        isMethod: dot === '.',
        args: readTypes(form),
        result: readTypes(result)[0]!,
        call,
      }));
    });
}

function alternatives(args: string): readonly string[] {
  const found = /[^\s,(]+(?:\([^|]*?\))?(?:\|[^\s,|()]+(?:\([^|]*?\))?)+/.exec(args);
  if (!found) return [args];
  return found[0].split('|').flatMap((one) => alternatives(args.slice(0, found.index) + one + args.slice(found.index + found[0].length)));
}
