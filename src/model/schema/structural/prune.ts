import { isRecord } from '../../../base/index.ts';
import { formatPath, type FieldStep } from '../../meta/index.ts';
import { resolve } from '../definitions.ts';
import type { Schema } from '../openapi-schema.ts';

interface Pruned {
  /** The value itself where there was nothing to take away. */
  readonly value: unknown;
  /** Paths of fields that the schema does not have. */
  readonly unknown: readonly string[];
}

/** Takes away what the schema does not know, and nulls where it allows none. Values of a wrong type stay as they are. */
export function prune(schema: Schema, value: unknown): Pruned {
  const pruner = new Pruner();
  return { value: pruner.prune(schema, value), unknown: pruner.unknown };
}

class Pruner {
  readonly unknown: string[] = [];
  readonly #path: FieldStep[] = [];

  prune(written: Schema | undefined, value: unknown): unknown {
    const schema = written && resolve(written);
    if (schema !== written && !schema?.properties) return value;
    if (Array.isArray(value)) return this.#items(schema, value);
    return isRecord(value) ? this.#members(schema, value) : value;
  }

  #items(schema: Schema | undefined, items: readonly unknown[]): unknown {
    const isOpen = schema?.['x-kubernetes-preserve-unknown-fields'] && !schema.items;
    if (isOpen) return items;
    const pruned = items.map((item, i) => this.#at(i, () => this.prune(schema?.items, item)));
    return pruned.every((item, i) => item === items[i]) ? items : pruned;
  }

  #members(schema: Schema | undefined, value: Readonly<Record<string, unknown>>): unknown {
    const kept: Record<string, unknown> = {};
    let isWhole = true;
    for (const name of Object.keys(value)) {
      const member = value[name];
      const below = memberSchema(schema, name);
      if (below === undefined && !(schema?.['x-kubernetes-preserve-unknown-fields'] && name !== '__proto__')) {
        this.#at(name, () => this.unknown.push(formatPath(this.#path)));
        isWhole = false;
      } else if (member === null && below && !below.nullable && !below['x-kubernetes-preserve-unknown-fields']) {
        isWhole = false;
      } else {
        kept[name] = below ? this.#at(name, () => this.prune(below, member)) : member;
        isWhole &&= kept[name] === member;
      }
    }
    return isWhole ? value : kept;
  }

  #at<T>(step: FieldStep, visit: () => T): T {
    this.#path.push(step);
    const visited = visit();
    this.#path.pop();
    return visited;
  }
}

function memberSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (name === '__proto__') return undefined;
  if (schema?.properties && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  return schema?.additionalProperties;
}
