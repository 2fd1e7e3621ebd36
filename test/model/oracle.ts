import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_IN_KINDS, KindRegistry, type Kind, type Manifest } from '../../src/model/index.ts';

/** What a real API server answered, recorded. Tests only. */
export function readOracle<T>(file: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../../shared/oracle', file), 'utf8')) as T;
}

export const registry = new KindRegistry(BUILT_IN_KINDS);

export function kindOf(object: { apiVersion: string; kind: string }): Kind | undefined {
  return registry.byApiVersion(object.apiVersion, object.kind);
}

export const nameOf = (object: Manifest) => `${object.kind} ${object.metadata.name ?? ''}`;

/** Fields that differ, as text: what the server has against what we have. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return Object.is(expected, actual) ? [] : [`${path}: ${JSON.stringify(expected)} is ${JSON.stringify(actual)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => differences(expected[key], actual[key], path ? `${path}.${key}` : key));
}
