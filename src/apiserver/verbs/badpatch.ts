import { StatusError } from '../../base/index.ts';
import { SECRETS, type Kind, type Manifest } from '../../model/index.ts';
import type { PatchBody } from '../api.ts';
import { goText } from '../patch/index.ts';

/** 422: the object would not be of its kind once it is patched. */
export function badPatch(kind: Kind, patch: Exclude<PatchBody, { type: 'apply' }>, patched: Manifest): (why: string) => StatusError {
  return (why) => {
    const message = `Invalid value: ${JSON.stringify(shown(kind, patch, patched))}: ${why}`;
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
    return new StatusError('Invalid', ` "" is invalid: patch: ${message}`, { causes });
  };
}

/** The patch as Go prints it, or what came of it; nothing of a Secret. */
function shown(kind: Kind, patch: Exclude<PatchBody, { type: 'apply' }>, patched: Manifest): string {
  if (kind.plural === SECRETS.plural && kind.group === SECRETS.group) return '';
  return patch.type === 'strategic' ? goText(patch.patch) : JSON.stringify(patched);
}
