/** What fields each kind has, how they are merged, and whether an object keeps to them. */
export * from './check.ts';
export { duplicateFields, type NamedField } from './duplicates.ts';
export * from './openapi.ts';
export { toOpenApiV2 } from './openapi-v2.ts';
export type { Schema } from './openapi-schema.ts';
export { duplicate, forbidden, invalid, required, type FieldProblem } from './problems.ts';
export * from './shape.ts';
export { shapeOf } from './shapes.ts';
export * from './structural/index.ts';
export { jsonTypeOf } from './values.ts';
