import { equalJson, isRecord, ownMember } from '../../base/index.ts';
import { duplicate, forbidden, formatPath, invalid, mapKey, required, type FieldPath, type FieldProblem } from '../../model/index.ts';
import { adapt, Budget, CelError, Optional, OutOfBudget, type Program, type Value } from '../cel/index.ts';
import { typeText, type CompiledRule, type RuleTree, type ValidationRule } from './rules.ts';

/** What rules have against an object: what refuses it, and what was as wrong before and only warns. */
export interface Verdict {
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
}

/** A value beside the one that it replaces. */
interface Pair {
  readonly value: unknown;
  readonly old: unknown;
  same?: boolean;
}

/** What a value replaces as far as that can be known, or else the nearest whole around it. */
interface Counterpart {
  readonly own?: Pair;
  readonly around?: Pair;
}

const LONGEST_MESSAGE = 5 * 1024;
const NO_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

export function enforce(tree: RuleTree, object: object, old: object | undefined): Verdict {
  const judge = new Judge();
  judge.judge(tree, object, old, [], old ? { own: { value: object, old } } : {});
  return judge;
}

class Judge implements Verdict {
  readonly problems: FieldProblem[] = [];
  readonly warnings: string[] = [];
  readonly #budget = new Budget();
  #isStopped = false;

  judge(tree: RuleTree, value: unknown, old: unknown, path: FieldPath, counterpart: Counterpart): void {
    if (value === null || value === undefined || this.#isStopped) return;
    this.#askAll(tree, value, old ?? undefined, path, counterpart);
    for (const more of tree.also) this.judge(more, value, old, path, counterpart.around ? { around: counterpart.around } : {});
    if (Array.isArray(value)) this.#judgeItems(tree, value, old, path, counterpart);
    else if (isRecord(value)) this.#judgeMembers(tree, value, isRecord(old) ? old : undefined, path, counterpart);
  }

  #judgeItems({ items, schema }: RuleTree, value: readonly unknown[], old: unknown, path: FieldPath, counterpart: Counterpart): void {
    if (!items) return;
    const find = counterpartsOf(schema, Array.isArray(old) ? old : []);
    for (const [i, item] of value.entries()) {
      const before = find(item);
      const own = counterpart.own && before !== undefined ? { own: { value: item, old: before } } : {};
      this.judge(items, item, before, [...path, i], below(counterpart, own));
    }
  }

  #judgeMembers(
    tree: RuleTree,
    value: Readonly<Record<string, unknown>>,
    old: Readonly<Record<string, unknown>> | undefined,
    path: FieldPath,
    counterpart: Counterpart,
  ): void {
    const isAtomic = tree.schema['x-kubernetes-map-type'] === 'atomic';
    for (const [name, member] of Object.entries(value)) {
      const field = tree.properties.get(name);
      const part = field ?? tree.additional;
      if (!part) continue;
      const before = ownMember(old, name);
      const own = counterpart.own && !isAtomic && before !== undefined ? { own: { value: member, old: before } } : {};
      this.judge(part, member, before, [...path, field ? name : mapKey(name)], below(counterpart, own));
    }
  }

  #askAll({ rules, type, schema }: RuleTree, value: unknown, old: unknown, path: FieldPath, counterpart: Counterpart): void {
    if (rules.length === 0) return;
    const shown = typeText(schema);
    for (const rule of rules) {
      if (this.#isStopped) return;
      const { program, written } = rule;
      if (typeof program === 'string') {
        this.problems.push(invalid(path, shown, `rule compile error: ${program}`));
        continue;
      }
      const usesOld = program.uses.has('oldSelf');
      if (usesOld && old === undefined && !written.optionalOldSelf) continue;
      try {
        const oldSelf = usesOld && old !== undefined ? adapt(type, old) : undefined;
        const inputs = { self: adapt(type, value), oldSelf: written.optionalOldSelf ? new Optional(oldSelf) : (oldSelf ?? null) };
        if (program.run(inputs, this.#budget) === true) continue;
        const problem = problemOf(written, [...path, ...rule.at], shown, this.#messageOf(rule, inputs));
        if (!usesOld && isUnchanged(counterpart)) this.warnings.push(`${formatPath(problem.path) || '<nil>'}: ${problem.message}`);
        else this.problems.push(problem);
      } catch (error) {
        this.#failed(error, written, path, shown);
      }
    }
  }

  #failed(error: unknown, rule: ValidationRule, path: FieldPath, shown: string): void {
    if (!(error instanceof CelError)) throw error;
    const { message } = error;
    const what = (rule.message || rule.rule).trim();
    if (error instanceof OutOfBudget) {
      const isSpent = this.#budget.left <= 0;
      this.problems.push(
        invalid(
          path,
          shown,
          isSpent ? NO_BUDGET : `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${what}`,
        ),
      );
      this.#isStopped = true;
      return;
    }
    const isUnfit = message.startsWith('no such overload');
    const why = isUnfit
      ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${what}`
      : `${message} evaluating rule: ${what}`;
    this.problems.push(invalid(path, shown, why));
  }

  /** What its message expression gives, if that is a line of text; else its message. */
  #messageOf({ written, message }: CompiledRule, inputs: Readonly<Record<string, Value>>): string {
    const said = message && typeof message !== 'string' ? this.#textOf(message, inputs) : undefined;
    return said ?? (written.message ? written.message.trim() : `failed rule: ${written.rule.trim()}`);
  }

  #textOf(program: Program, inputs: Readonly<Record<string, Value>>): string | undefined {
    try {
      const text = program.run(inputs, this.#budget);
      const line = typeof text === 'string' ? text.trim() : '';
      return line !== '' && !line.includes('\n') && line.length <= LONGEST_MESSAGE ? line : undefined;
    } catch (error) {
      if (error instanceof CelError && !(error instanceof OutOfBudget)) return undefined;
      throw error;
    }
  }
}

function problemOf({ reason }: ValidationRule, path: FieldPath, shown: string, message: string): FieldProblem {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, message);
    case 'FieldValueRequired':
      return required(path, message);
    case 'FieldValueDuplicate':
      return duplicate(path, shown);
    default:
      return invalid(path, shown, message);
  }
}

function below({ own, around }: Counterpart, next: Counterpart): Counterpart {
  const outer = own ?? around;
  return outer ? { ...next, around: outer } : next;
}

/** Who leaves a value as it was is only told of what is wrong with it. */
function isUnchanged({ own, around }: Counterpart): boolean {
  const pair = own ?? around;
  return pair !== undefined && (pair.same ??= equalJson(pair.value, pair.old));
}

/** Items of a list that is a map replace those of the same keys; of any other list nobody knows. */
function counterpartsOf(schema: Readonly<Record<string, unknown>>, old: readonly unknown[]): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(keys) || old.length === 0) return () => undefined;
  const nameOf = (item: unknown) => (isRecord(item) ? JSON.stringify(keys.map((key) => item[key as string] ?? null)) : undefined);
  const known = new Map(old.map((item) => [nameOf(item), item]));
  return (item) => known.get(nameOf(item) ?? '');
}
