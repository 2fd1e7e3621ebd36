import { isRecord } from '../../base/index.ts';
import type { CustomResourceDefinition } from '../../model/index.ts';

/** What a definition asks for that is stored and not done yet. */
export function definitionWarnings({ spec }: CustomResourceDefinition): readonly string[] {
  const judged = spec.versions.filter(({ schema }) => hasRules(schema?.openAPIV3Schema)).map(({ name }) => name);
  return [
    ...(judged.length > 0
      ? [`the x-kubernetes-validations of ${judged.join(', ')} are stored, but not enforced yet: objects are checked against the rest of the schema`]
      : []),
    ...(spec.conversion?.strategy === 'Webhook'
      ? ['spec.conversion.strategy: Webhook is stored, but not called yet: versions are converted as with the strategy None']
      : []),
  ]; // prettier-ignore
}

function hasRules(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  if (Array.isArray(schema['x-kubernetes-validations']) && schema['x-kubernetes-validations'].length > 0) return true;
  const { properties, items, additionalProperties } = schema;
  return [...Object.values(isRecord(properties) ? properties : {}), items, additionalProperties].some(hasRules);
}
