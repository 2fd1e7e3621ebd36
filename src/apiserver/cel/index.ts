/**
 * CEL, the language of Kubernetes' validation rules: a library reads, checks and evaluates it; what is Kubernetes' is here. No
 * expression can hold the loop, and what users are told are the words of Kubernetes' own evaluator.
 */
export { Budget, OutOfBudget } from './budget.ts';
export { CelError, CompileError } from './errors.ts';
export { compile, type Program } from './compile.ts';
export type { Messages } from './environment.ts';
export { jsonOf } from './json.ts';
export { declaredType, escapeName, isEmbedded } from './schema.ts';
export { Authorizer, requestResource } from './library/index.ts';
export { adapt, Optional, Struct, type Dict, type Value } from './values.ts';
export {
  BOOL,
  DYN,
  formatType,
  INT,
  isSameType,
  listOf,
  mapOf,
  NULL,
  objectType,
  opaque,
  openType,
  optionalOf,
  STRING,
  TIMESTAMP,
  type ObjectType,
  type Type,
} from './types.ts';
