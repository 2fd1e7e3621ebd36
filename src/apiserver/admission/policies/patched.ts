import { checkSchema, type Kind, type Manifest } from '../../../model/index.ts';
import { CelError, jsonOf, OutOfBudget, Struct, type Budget, type Value } from '../../cel/index.ts';
import {
  applyOperations,
  listProblems,
  mergeConfiguration,
  PatchFailed,
  undeclaredProblems,
  wholesIn,
  type JsonPatchOperation,
} from '../../patch/index.ts';
import { Failed } from './evaluate.ts';
import type { CompiledMutation } from './expressions.ts';

/** The object as a patch wants to have it that an expression made; the object itself where it changes nothing. */
export function patched({ type }: Pick<CompiledMutation, 'type'>, value: Value, shown: Manifest, as: Kind, budget: Budget): Manifest {
  if (type === 'JSONPatch') return byOperations(value as readonly Struct[], shown, budget);
  checkNames(value);
  return byConfiguration(written(value, budget) as object, shown, as);
}

function byOperations(operations: readonly Struct[], shown: Manifest, budget: Budget): Manifest {
  for (const { made } of operations) checkNames(made?.get('value') ?? null);
  try {
    return applyOperations(shown, written(operations, budget) as readonly JsonPatchOperation[]) as Manifest;
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error;
    // A test is a condition.
    if (error.isTest) return shown;
    throw new Failed(`JSONPath: ${error.message}`);
  }
}

/** Fields that are named take their values, and all else stays. Nobody comes to own them. */
function byConfiguration(fields: object, shown: Manifest, as: Kind): Manifest {
  const { apiVersion, kind } = shown;
  const wanted = { ...fields, apiVersion, kind } as Manifest;
  const shape = as.shape();
  const { decoding, unknown } = checkSchema(as, wanted);
  const problem = undeclaredProblems(wanted, shape, unknown) ?? decoding[0] ?? listProblems(wanted, shape);
  if (problem) throw new Failed(`error applying patch: failed to convert patch object to typed object: ${problem}`);
  const wholes = wholesIn(wanted, shape);
  if (wholes.length === 0) return mergeConfiguration(shown, wanted, shape) as Manifest;
  throw new Failed(`error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${wholes.join(', ')}`);
}

function written(value: Value, budget: Budget): unknown {
  try {
    return jsonOf(value, budget);
  } catch (error) {
    if (error instanceof OutOfBudget || error instanceof CelError) throw new Failed(error.message);
    throw error;
  }
}

/** The type of a message says where it belongs, such as `Object.spec`. */
function checkNames(value: Value, path = value instanceof Struct ? value.type.name : ''): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) checkNames(item, path);
  } else if (value instanceof Struct && value.made) {
    const { name } = value.type;
    const wanted = `${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
    if (name !== path) throw new Failed(`type mismatch: unexpected type name ${wanted}`);
    for (const [field, member] of value.made) checkNames(member, `${path}.${field}`);
  } else if (value instanceof Map) {
    for (const member of value.values() as Iterable<Value>) checkNames(member, path);
  }
}
