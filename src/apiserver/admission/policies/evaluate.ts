import type { Reason } from '../../../base/index.ts';
import type { Manifest, ValidatingAdmissionPolicy } from '../../../model/index.ts';
import { adapt, Budget, CelError, DYN, OutOfBudget, type Value } from '../../cel/index.ts';
import { compilePolicy, type CompiledPolicy, type Expression } from './expressions.ts';
import { Variables } from './inputs.ts';

/** Why a policy does not let a request pass. */
export interface Denial {
  readonly message: string;
  readonly reason?: Reason;
}

type Inputs = Readonly<Record<string, Value>>;

const LONGEST_MESSAGE = 5 * 1024;
const NO_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** What could not be worked out, which a policy may want to be forgiven. */
export class Failed extends Error {}

/** All that a policy has against a request, with one parameter. */
export function evaluate(policy: ValidatingAdmissionPolicy, inputs: Inputs, params: Manifest | undefined): readonly Denial[] {
  const compiled = compilePolicy(policy);
  const budget = new Budget();
  const known = { ...inputs, params: adapt(DYN, params) };
  const all = { ...known, variables: new Variables(compiled.variables, known, budget) };
  const isForgiving = policy.spec?.failurePolicy === 'Ignore';
  const forgive = (error: unknown): readonly Denial[] => {
    if (!(error instanceof Failed)) throw error;
    return isForgiving ? [] : [{ message: error.message }];
  };
  try {
    if (!areMet(compiled.conditions, known, budget)) return [];
    const { validations = [] } = policy.spec ?? {};
    const denials = compiled.validations.flatMap((validation, i) => {
      try {
        if (run(validation, all, budget) === true) return [];
      } catch (error) {
        if (budget.left <= 0) throw error;
        return forgive(error);
      }
      const { message = '', expression, reason } = validations[i]!;
      const said = textOf(validation.message, all, budget) || message.trim() || `failed expression: ${expression.trim()}`;
      return [{ message: said, reason: (reason ?? 'Invalid') as Reason }];
    });
    return [...denials, ...compiled.annotations.flatMap((annotation) => annotationDenials(annotation, all, budget, forgive))];
  } catch (error) {
    return forgive(error);
  }
}

/** One condition that is false is enough not to ask, even where another cannot be worked out. */
export function areMet(conditions: CompiledPolicy['conditions'], inputs: Inputs, budget: Budget): boolean {
  const failures: string[] = [];
  for (const condition of conditions) {
    try {
      if (run(condition, inputs, budget) === false) return false;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      failures.push(error.message);
    }
  }
  if (failures.length > 0) throw new Failed(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  return true;
}

/** Nobody keeps annotations of the audit; one that cannot be worked out still refuses, as in Kubernetes. */
function annotationDenials(
  annotation: Expression,
  inputs: Inputs,
  budget: Budget,
  forgive: (error: unknown) => readonly Denial[],
): readonly Denial[] {
  try {
    run(annotation, inputs, budget);
    return [];
  } catch (error) {
    return forgive(error);
  }
}

/** What an expression gives; throws a `Failed` where that cannot be worked out. */
export function run({ text, program }: Expression, inputs: Inputs, budget: Budget): Value {
  if (typeof program === 'string') throw new Failed(`compilation error: ${program}`);
  if (budget.left <= 0) throw new Failed(NO_BUDGET);
  try {
    return program.run(inputs, budget);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    const isSpent = error instanceof OutOfBudget && budget.left <= 0;
    throw new Failed(isSpent ? NO_BUDGET : `expression '${text}' resulted in error: ${error.message}`);
  }
}

/** What a message expression gives, if that is a line of text. */
function textOf(expression: Expression | undefined, inputs: Inputs, budget: Budget): string {
  if (!expression) return '';
  try {
    const text = run(expression, inputs, budget);
    const line = typeof text === 'string' ? text.trim() : '';
    return line.includes('\n') || line.length > LONGEST_MESSAGE ? '' : line;
  } catch (error) {
    if (error instanceof Failed) return '';
    throw error;
  }
}
