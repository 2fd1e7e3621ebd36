import jsonpatch, { type Operation } from 'fast-json-patch';
import { StatusError } from '../../base/index.ts';

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
  readonly from?: string;
}

const MOST_OPERATIONS = 10_000;

/** How much `copy` may add up to, so that copies of copies do not fill the memory. */
const LARGEST_COPIES = 3 * 1024 * 1024;

/** RFC 6902. Does not change what it is given. */
export function jsonPatch(object: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (!Array.isArray(operations)) {
    throw new StatusError('BadRequest', 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  if (operations.length > MOST_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${operations.length}`;
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: ${message}`);
  }
  let document: unknown = structuredClone(object);
  let copied = 0;
  for (const [i, operation] of (structuredClone(operations) as Operation[]).entries()) {
    try {
      if (operation.op === 'copy') copied += sizeAt(document, operation.from);
      if (copied > LARGEST_COPIES) throw new Error('copies too much');
      document = jsonpatch.applyOperation(document, operation, true, true, true, i).newDocument;
    } catch {
      throw rejected();
    }
  }
  return document;
}

const sizeAt = (document: unknown, pointer: string): number => JSON.stringify(jsonpatch.getValueByPointer(document, pointer))?.length ?? 0;

/** Kubernetes gives this one answer to a failed test, a path that leads nowhere and an operation that it does not know. */
function rejected(): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {});
}
