import { formatPath, mapKey, parseNanos, type FieldPath, type KubeObject } from '../../meta/index.ts';
import { CLASS_ANNOTATION } from '../../storage/index.ts';
import type { AccessMode } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

export function validateAccessModes(modes: readonly AccessMode[], path: FieldPath): FieldProblem[] {
  const isAlone = modes.length < 2 || !modes.includes('ReadWriteOncePod');
  return [
    ...modes.flatMap((mode) => (MODES.includes(mode) ? [] : [notSupported(path, mode, MODES)])),
    ...(isAlone ? [] : [forbidden(path, 'may not use ReadWriteOncePod with other access modes')]),
  ];
}

export function validateVolumeMode(mode: string | undefined, path: FieldPath): FieldProblem[] {
  return mode === undefined || VOLUME_MODES.includes(mode) ? [] : [notSupported(path, mode, VOLUME_MODES)];
}

/** There is a field for it by now. */
export function classWarnings({ metadata }: KubeObject): readonly string[] {
  if (metadata.annotations?.[CLASS_ANNOTATION] === undefined) return [];
  const at = formatPath(['metadata', 'annotations', mapKey(CLASS_ANNOTATION)]);
  return [`${at}: deprecated since v1.8; use "storageClassName" attribute instead`];
}

/** There must be some of it. */
export function validateSize(amount: string | undefined, path: FieldPath): FieldProblem[] {
  if (amount === undefined) return [required(path)];
  return (parseNanos(amount) ?? 0n) > 0n ? [] : [invalid(path, amount, 'must be greater than zero')];
}
