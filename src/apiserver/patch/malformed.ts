import { isRecord, StatusError } from '../../base/index.ts';
import { goText } from './gotext.ts';

/** What can be wrong with a strategic merge patch, in Kubernetes' words. Where it blames itself (500), this blames the patch. */
export const badRetainKeys = (): StatusError => bad('invalid patch format of retainKeys');
export const badPrimitiveList = (): StatusError => bad('invalid patch format of primitive list');
export const badSetElementOrder = (): StatusError => bad('invalid patch format of setElementOrder list');

export const badPatchType = (directive: unknown, map: unknown): StatusError =>
  bad(`unknown patch type: ${goText(directive)} in map: ${goText(map)}`);

export const noMergeKey = (map: unknown, key: string): StatusError =>
  bad(`map: ${goText(map)} does not contain declared merge key: ${key}`);

export const cannotMergeInList = (): StatusError => bad('merging lists cannot yet be specified in the patch');

export const wrongOrder = (patch: unknown, order: unknown): StatusError =>
  bad(`The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);

export const listOfLists = (): StatusError =>
  new StatusError('Invalid', 'the server rejected our request due to an error in our request', {});

export const expected = (what: 'map' | 'slice', found: unknown): StatusError => bad(`expected a ${what}, but received a ${kindOf(found)}`);

const bad = (message: string): StatusError => new StatusError('BadRequest', message);

function kindOf(value: unknown): string {
  if (value === null) return 'nil';
  if (Array.isArray(value)) return 'slice';
  return isRecord(value) ? 'map' : typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'float64' : 'string';
}
