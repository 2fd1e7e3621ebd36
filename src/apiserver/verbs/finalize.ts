import type { Manifest } from '../../model/index.ts';
import type { Caller, Place, WriteQuery, Written } from '../api.ts';
import { conflict, MODIFIED } from '../refusals.ts';
import { putUpdate, type Verbs } from './commit.ts';
import { hearOthers } from './heard.ts';
import { trackWrite } from './ownership.ts';
import { getEntry } from './read.ts';

/** Sets a namespace's `spec.finalizers`; without any, and on its way out, it ends. */
export function finalize(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const live = getEntry(verbs.store, place);
  const warnings = hearOthers(verbs, place, { operation: 'UPDATE', object: body, old: live.value }, query, caller);
  if (body.metadata?.resourceVersion && body.metadata.resourceVersion !== live.value.metadata.resourceVersion) {
    throw conflict(place.kind, place.name!, MODIFIED);
  }
  const { finalizers } = (body['spec'] ?? {}) as { finalizers?: readonly string[] };
  const finalized = { ...live.value, spec: { ...(live.value['spec'] as object), finalizers: finalizers ?? [] } } as Manifest;
  const tracked = trackWrite(verbs, place, caller, { before: live.value, asked: finalized, made: finalized });
  return { found: putUpdate(verbs, place.kind, live, tracked, { query, caller, verb: 'finalize' }), code: 200, warnings };
}
