import { isRecord } from '../../base/index.ts';
import { neededLater } from '../needed.ts';

/** Whether a schema, or anything in it, has rules in CEL. */
export function hasRules(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasRules);
  if (!isRecord(schema)) return false;
  const rules = schema['x-kubernetes-validations'];
  return (Array.isArray(rules) && rules.length > 0) || Object.values(schema).some(hasRules);
}

export const ruleEngine = neededLater(() => import('./engine.ts'));
