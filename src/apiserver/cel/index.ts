/**
 * CEL, the language of Kubernetes' validation rules: read, checked against types, and made into functions that cannot hold
 * the loop. Its words are those of Kubernetes' own evaluator, since they stand in what users are told.
 */
export { Budget, OutOfBudget } from './budget.ts';
export { CelError, CompileError } from './errors.ts';
export { compile, type Program } from './compile.ts';
export { declaredType, escapeName, isEmbedded } from './schema.ts';
export { Authorizer, requestResource } from './library/index.ts';
export { adapt, Optional, type Dict, type Value } from './values.ts';
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
  optionalOf,
  STRING,
  TIMESTAMP,
  type Type,
} from './types.ts';
