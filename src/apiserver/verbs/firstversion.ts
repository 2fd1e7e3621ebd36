import { randomUid } from '../../base/index.ts';
import { formatTime, type Kind, type Manifest, type ObjectMeta } from '../../model/index.ts';
import type { Caller, Place, WriteQuery } from '../api.ts';
import { forbidden } from '../refusals.ts';
import { admit, type Admitted } from './admit.ts';
import { allocateService } from './allocate.ts';
import { poolOf, type Verbs } from './commit.ts';
import { normalize } from './place.ts';

/** The first version of what was asked for: all but its managed fields. */
export function firstVersion(verbs: Verbs, { kind }: Place, asked: Manifest, query: WriteQuery, caller: Caller): Admitted {
  if (kind.isEnding) throw forbidden(kind, asked.metadata.name, 'create not allowed while custom resource definition is terminating');
  const make = (admitted: Manifest) =>
    allocateService(poolOf(verbs, query), kind, normalize(kind, kind.prepareCreate(withBirth(verbs, kind, admitted))));
  return admit(verbs, { kind, object: asked, operation: 'create', caller }, query, {
    complete: (changed) => sameNames(kind, asked, changed),
    make,
  });
}

/** A new object is what it was asked to be called, whoever else changes it on its way. */
function sameNames(kind: Kind, { metadata: { name, namespace } }: Manifest, changed: Manifest): Manifest {
  return kind.defaults({ ...changed, metadata: { ...changed.metadata, name, ...(namespace === undefined ? {} : { namespace }) } });
}

/** With what only the server says of a new object: the rest of what it begins with may be made of it. */
function withBirth(verbs: Verbs, kind: Kind, object: Manifest): Manifest {
  const metadata: ObjectMeta = {
    ...object.metadata,
    uid: randomUid(verbs.random),
    resourceVersion: undefined,
    generation: kind.raisesGeneration ? 1 : undefined,
    creationTimestamp: formatTime(verbs.clock.now()),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    managedFields: undefined,
  };
  return { ...object, metadata };
}
