import { StatusError } from '../../base/index.ts';
import { invalidObject, type FieldProblem, type Manifest, type ObjectMeta } from '../../model/index.ts';
import type { Place } from '../api.ts';
import { conflict, MODIFIED } from '../refusals.ts';

/** The name of a new object is that of the address, where the address has one. */
export function checkNewName({ name: asked }: Place, name: string): void {
  if (asked && !name) throw nameless(asked);
  if (asked && name !== asked) throw otherName(asked, name);
}

/** A new object is of the namespace of the address; one that is in no namespace may say what it likes. */
export function checkNewNamespace({ kind, namespace }: Place, metadata: ObjectMeta): void {
  if (!kind.namespaced || !metadata.namespace || metadata.namespace === namespace) return;
  throw new StatusError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
}

/** What replaces an object, or a part of it, must be that object, in the version that is there if it says which. */
export function checkSame({ kind }: Place, { metadata: old }: Manifest, { metadata }: Manifest): void {
  if (!metadata.name) throw nameless(old.name);
  if (metadata.name !== old.name) throw otherName(old.name, metadata.name);
  if (old.namespace && metadata.namespace && metadata.namespace !== old.namespace) {
    const why = `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${old.namespace})`;
    throw new StatusError('BadRequest', why);
  }
  if (namesRevision(metadata) && metadata.resourceVersion !== old.resourceVersion) throw conflict(kind, old.name, MODIFIED);
  const problems = onlyForServer(metadata, old);
  if (problems.length > 0) throw invalidObject(kind, old.name, problems);
}

/** What a write may repeat or leave out, and not change: that an object shall go is said in another way. */
function onlyForServer({ uid, deletionTimestamp, deletionGracePeriodSeconds }: ObjectMeta, old: ObjectMeta): FieldProblem[] {
  const given = {
    ...(uid ? { uid } : {}),
    ...(deletionTimestamp && !old.deletionTimestamp ? { deletionTimestamp } : {}),
    ...((deletionGracePeriodSeconds ?? undefined) === undefined ? {} : { deletionGracePeriodSeconds }),
  };
  return (Object.keys(given) as (keyof typeof given)[])
    .filter((field) => given[field] !== old[field])
    .map((field) => {
      const message = `Invalid value: ${JSON.stringify(given[field])}: field is immutable`;
      return { reason: 'FieldValueInvalid', path: ['metadata', field], message };
    });
}

/** A whole object names the one that it replaces by its uid. */
export function checkUid({ kind }: Place, { metadata: old }: Manifest, { metadata }: Manifest): void {
  if (!metadata.uid || metadata.uid === old.uid) return;
  throw conflict(kind, old.name, `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.uid}`);
}

/** Kubernetes counts from one: zero says as little as nothing does. */
export const namesRevision = ({ resourceVersion }: ObjectMeta): boolean => Boolean(resourceVersion) && resourceVersion !== '0';

const nameless = (asked: string) =>
  new StatusError('BadRequest', `the name of the object (${asked} based on URL) was undeterminable: name must be provided`);

const otherName = (asked: string, given: string) =>
  new StatusError('BadRequest', `the name of the object (${given}) does not match the name on the URL (${asked})`);
