import { equalJson, isRecord, ownMember, StatusError } from '../../base/index.ts';

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
  readonly from?: string;
}

const MOST_OPERATIONS = 10_000;

/** How much `copy` may add up to, so that copies of copies do not fill the memory. */
const LARGEST_COPIES = 3 * 1024 * 1024;

/** RFC 6902, with what Kubernetes does beside it. Does not change what it is given. */
export function jsonPatch(object: unknown, operations: readonly JsonPatchOperation[]): unknown {
  try {
    return applyOperations(object, operations);
  } catch (error) {
    throw error instanceof PatchFailed ? new RejectedPatch(error.message) : error;
  }
}

/** Kubernetes gives this one answer, whatever the reason is. */
class RejectedPatch extends StatusError {
  override readonly warnings: readonly string[];

  constructor(why: string) {
    super('Invalid', 'the server rejected our request due to an error in our request', {});
    this.warnings = [`JSON patch: ${why}`];
  }
}

/** An operation that cannot be done, or a test that does not hold. */
export class PatchFailed extends Error {
  readonly isTest: boolean;

  constructor(message: string, isTest = false) {
    super(message);
    this.isTest = isTest;
  }
}

/** Throws a `PatchFailed` that says which operation cannot be done. */
export function applyOperations(object: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (operations.length > MOST_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${operations.length}`;
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: ${message}`);
  }
  const patched = new Patched(object);
  for (const operation of operations as readonly (Partial<JsonPatchOperation> | null)[]) patched.apply(operation ?? {});
  return patched.document;
}

type Container = Record<string, unknown> | unknown[];

/** Where something is or is to be. */
interface Spot {
  readonly container: Container;
  readonly key: string;
}

class Patched {
  document: unknown;
  /** What was made here, and may be changed where it is; all else is copied first. */
  readonly #own = new WeakSet<Container>();
  #copied = 0;

  constructor(document: unknown) {
    this.document = document;
  }

  /** As in Kubernetes, what an object does not have is null: it can be replaced, copied and tested, but not removed. */
  apply({ op = 'unknown', path, from, value = null }: Partial<JsonPatchOperation>): void {
    if (typeof path !== 'string') throw new PatchFailed(`${op} operation failed to decode path: missing value`);
    switch (op) {
      case 'add':
        return add(this.#spot(path, op), value, path);
      case 'remove':
        return remove(this.#spot(path, op), path);
      case 'replace':
        return this.#replace(path, value);
      case 'move': {
        const source = this.#spot(from, op, 'from path');
        const moved = member(source, from!) ?? null;
        remove(source, from!);
        return add(this.#spot(path, op), moved, path);
      }
      case 'copy': {
        const source = this.#spot(from, op, 'from path');
        const copied = this.#copyOf(member(source, from!) ?? null);
        return add(this.#spot(path, op), copied, path);
      }
      case 'test': {
        const found = path === '' ? this.document : member(this.#spot(path, op), path);
        if (equalJson(found ?? null, value)) return;
        throw new PatchFailed(`testing value ${path} failed: test failed`, true);
      }
      default:
        throw new PatchFailed(`Unexpected kind: ${op}`);
    }
  }

  #replace(path: string, value: unknown): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw new PatchFailed('replace operation value must be object or array');
      this.document = value;
      return;
    }
    const { container, key } = this.#spot(path, 'replace');
    if (Array.isArray(container)) checkedIndex(key, container.length, path);
    put(container, key, value);
  }

  /** Where a path leads: all on the way there is our own then. What stands before its first slash says nothing. */
  #spot(path: string | undefined, op: string, what = 'path'): Spot {
    const steps = typeof path === 'string' ? path.split('/').slice(1).map(unescapeStep) : [];
    const key = steps.pop();
    let container = this.#ownOf(this.document);
    this.document = container;
    for (const step of steps) {
      const inner = this.#ownOf(inside(container, step));
      if (isContainer(inner)) put(container as Container, step, inner);
      container = inner;
    }
    if (key !== undefined && isContainer(container)) return { container, key };
    throw new PatchFailed(`${op} operation does not apply: doc is missing ${what}: ${JSON.stringify(path ?? '')}: missing value`);
  }

  #ownOf(container: unknown): unknown {
    if (!isContainer(container) || this.#own.has(container)) return container;
    const own = Array.isArray(container) ? [...container] : { ...container };
    this.#own.add(own);
    return own;
  }

  #copyOf(value: unknown): unknown {
    this.#copied += JSON.stringify(value).length;
    if (this.#copied <= LARGEST_COPIES) return structuredClone(value);
    const size = `the accumulated size increase of copy is ${this.#copied}`;
    throw new PatchFailed(`Unable to complete the copy, ${size}, exceeding the limit ${LARGEST_COPIES}`);
  }
}

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isRecord(value);
const unescapeStep = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

function inside(container: unknown, step: string): unknown {
  if (Array.isArray(container)) return container[indexIn(step, container.length)];
  return isRecord(container) ? ownMember(container, step) : undefined;
}

/** Those below zero count from the end; not a number for what is no index. */
function indexIn(step: string, size: number): number {
  const index = /^[+-]?\d+$/.test(step) ? Number(step) : Number.NaN;
  return index < 0 ? index + size : index;
}

function checkedIndex(key: string, size: number, path: string): number {
  const index = indexIn(key, size);
  if (index >= 0 && index < size) return index;
  throw new PatchFailed(`no item ${JSON.stringify(key)} in a list of ${size}: ${path}`);
}

/** A member named `__proto__` would change what an object inherits. */
function put(container: Container, key: string, value: unknown): void {
  if (key === '__proto__') throw new PatchFailed(`no field can be called ${key}`);
  if (Array.isArray(container)) container[indexIn(key, container.length)] = value;
  else container[key] = value;
}

function member({ container, key }: Spot, path: string): unknown {
  return Array.isArray(container) ? container[checkedIndex(key, container.length, path)] : ownMember(container, key);
}

function add({ container, key }: Spot, value: unknown, path: string): void {
  if (!Array.isArray(container)) put(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(checkedIndex(key, container.length + 1, path), 0, value);
}

function remove({ container, key }: Spot, path: string): void {
  if (Array.isArray(container)) container.splice(checkedIndex(key, container.length, path), 1);
  else if (ownMember(container, key) !== undefined) delete container[key];
  else throw new PatchFailed(`remove operation does not apply: Unable to remove nonexistent key: ${key}: missing value`);
}
