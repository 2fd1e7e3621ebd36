import { isRecord, ownMember, StatusError } from '../../base/index.ts';

/** RFC 7386: members are merged, null removes, anything else replaces. Does not change what it is given. */
export function mergePatch(object: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) throw new StatusError('BadRequest', 'Invalid JSON Patch');
  return merged(object, patch);
}

function merged(value: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const members: Record<string, unknown> = isRecord(value) ? { ...value } : {};
  for (const name of Object.keys(patch)) {
    if (name === '__proto__') continue;
    if (patch[name] === null) delete members[name];
    else members[name] = merged(ownMember(members, name), patch[name]);
  }
  return members;
}
