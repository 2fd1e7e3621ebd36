/**
 * From a write to the next version of an object, as pure functions: the four kinds of patch, and who owns which field
 * after them (managedFields). Nothing here knows a verb, the store or a clock.
 */
export { applyPatch, type Apply } from './apply.ts';
export { listProblems, undeclaredFields, undeclaredProblems, wholesIn } from './check.ts';
export { compareFields, type Change } from './compare.ts';
export { mergeConfiguration } from './configuration.ts';
export {
  difference,
  differenceBelow,
  fieldSet,
  formatFields,
  formatPaths,
  intersection,
  isEmptySet,
  NO_FIELDS,
  parseFields,
  union,
  type FieldSet,
} from './fieldset.ts';
export { goText } from './gotext.ts';
export { applyOperations, jsonPatch, PatchFailed, type JsonPatchOperation } from './json.ts';
export { mergePatch } from './merge.ts';
export { fieldsOf } from './owned.ts';
export type { ManagedFields } from './owners.ts';
export { sameIgnoringManagedFieldsTime } from './same.ts';
export { strategicMergePatch } from './strategic.ts';
export { STATUS_FIELDS, trackUpdate, type Update, type Writer } from './track.ts';
