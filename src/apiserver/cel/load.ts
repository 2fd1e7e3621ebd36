import { createRequire } from 'node:module';
import type * as Evaluator from '@marcbachmann/cel-js/evaluator';
import type * as Cel from '@marcbachmann/cel-js';

let loaded: (typeof Cel & Pick<typeof Evaluator, 'UnsignedInt'>) | undefined;

/** The evaluator, which nobody needs who has no rules. */
export function cel(): NonNullable<typeof loaded> {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  const { UnsignedInt } = require('@marcbachmann/cel-js/evaluator') as typeof Evaluator;
  return (loaded = { ...(require('@marcbachmann/cel-js') as typeof Cel), UnsignedInt });
}
