import { CelError } from './errors.ts';

/** What one expression may cost, and all expressions about one object: a unit is about one step of an evaluation. */
const CALL_BUDGET = 200_000;
const OBJECT_BUDGET = 400_000;

/** What is left to spend. */
export class Budget {
  left: number;

  constructor(left = OBJECT_BUDGET) {
    this.left = left;
  }
}

/** The account of the expression under way: nobody counts what is done outside of one. */
let left = Infinity;

/** Whoever does work that grows with its input pays for it first; who cannot is stopped. */
export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new OutOfBudget();
}

/** For work that was cut off. */
export function stop(): never {
  left = -1;
  throw new OutOfBudget();
}

/** To make an error costs more than to make a value. */
export const SWALLOWED = 20;

/** No `||` and no quantifier goes on after this, as they do after other errors. */
export class OutOfBudget extends CelError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** Evaluation is synchronous, so its account stands here. What was stopped is told so, whoever swallowed the error. */
export function within<T>(budget: Budget, run: () => T): T {
  const outer = left;
  const given = Math.min(CALL_BUDGET, budget.left);
  left = given;
  try {
    const value = run();
    if (left < 0) throw new OutOfBudget();
    return value;
  } catch (error) {
    // A text that is longer than a text can be, or a value that is too deep.
    throw left < 0 || error instanceof RangeError ? new OutOfBudget() : error;
  } finally {
    budget.left -= given - left;
    left = left < 0 && outer !== Infinity ? -1 : outer;
  }
}
