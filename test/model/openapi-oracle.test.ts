import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definition, definitionNames } from '../../src/model/schema/definitions.ts';

interface Document {
  readonly schemas: Readonly<Record<string, unknown>>;
}

const folder = join(import.meta.dirname, '../../../shared/oracle/openapi');

/** Which groups have these kinds differs from document to document. */
const PER_DOCUMENT = ['DeleteOptions', 'WatchEvent'];

function readOracle(): Map<string, unknown> {
  const all = new Map<string, unknown>();
  for (const file of readdirSync(folder)) {
    const { schemas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Document;
    for (const [name, schema] of Object.entries(schemas ?? {})) all.set(name, schema);
  }
  return all;
}

/** The order of required fields is an accident of the source. */
function comparable(name: string, schema: unknown): unknown {
  const { required, ...rest } = (schema ?? {}) as Record<string, unknown> & { required?: string[] };
  if (PER_DOCUMENT.some((kind) => name.endsWith(`.${kind}`))) delete rest['x-kubernetes-group-version-kind'];
  return { ...rest, ...(required ? { required: required.toSorted() } : {}) };
}

describe('the generated schema and a real API server', () => {
  const oracle = readOracle();

  test('every definition that the server has is the same', () => {
    const different = [...oracle.keys()].filter((name) => {
      try {
        expect(comparable(name, definition(name))).toEqual(comparable(name, oracle.get(name)));
        return false;
      } catch (error) {
        console.log(`${name} differs\n${(error as Error).message}`);
        return true;
      }
    });
    expect(different).toEqual([]);
    expect(oracle.size).toBeGreaterThan(500);
  });

  test('nothing is generated that the server does not have', () => {
    expect(definitionNames().filter((name) => !oracle.has(name))).toEqual([]);
  });
});
