import { StatusError } from '../../base/index.ts';
import {
  formatSelector,
  getPath,
  invalidObject,
  selectorFrom,
  selectorFromLabels,
  withPath,
  type Kind,
  type LabelSelector,
  type Labels,
  type Manifest,
} from '../../model/index.ts';
import type { Caller, Found, PatchBody, Place, WriteQuery, Written } from '../api.ts';
import { mergePatch, jsonPatch } from '../patch/index.ts';
import { unstored, type Verbs } from './commit.ts';
import { hearOthers } from './heard.ts';
import { checkSame } from './identity.ts';
import { getEntry } from './read.ts';
import { updateObject } from './write.ts';

interface Scale extends Manifest {
  readonly spec: { readonly replicas?: number };
}

/** `autoscaling/v1 Scale`, as it is read from the object behind it. */
export function getScale(verbs: Verbs, place: Place): Found {
  const { value, revision } = getEntry(verbs.store, place);
  return unstored(scaleOf(place.kind, value), revision);
}

function scaleOf(kind: Kind, object: Manifest): Scale {
  const { replicas, statusReplicas, selector } = kind.scale!;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const wanted = getPath(object, replicas) as number | undefined;
  const text = selector ? selectorText(getPath(object, selector)) : '';
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: wanted ? { replicas: wanted } : {},
    status: { replicas: (getPath(object, statusReplicas) as number | undefined) ?? 0, ...(text ? { selector: text } : {}) },
  };
}

function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const { matchLabels, matchExpressions } = (selector ?? {}) as LabelSelector;
  if (matchLabels || matchExpressions) return formatSelector(selectorFrom(selector as LabelSelector)!);
  return formatSelector(selectorFromLabels((selector ?? {}) as Labels));
}

export function updateScale(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const live = getEntry(verbs.store, place);
  const { spec, metadata = {} as Scale['metadata'] } = body as Scale;
  checkSame(place, live.value, { ...body, metadata });
  const replicas = spec?.replicas ?? 0;
  if (!Number.isInteger(replicas)) throw new StatusError('BadRequest', 'spec.replicas must be an integer');
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalidObject(kind, place.name!, [{ reason: 'FieldValueInvalid', path: ['spec', 'replicas'], message }]);
  }
  const asked = { operation: 'UPDATE', object: { ...body, metadata }, old: scaleOf(kind, live.value) } as const;
  const told = hearOthers(verbs, place, asked, query, caller);
  const scaled = withPath(live.value, kind.scale!.replicas, replicas);
  const written = updateObject(verbs, place, scaled, { ...query, trusted: true }, caller);
  const found = unstored(scaleOf(kind, written.found.value), written.found.revision);
  return { ...written, found, warnings: [...told, ...written.warnings] };
}

export function patchScale(verbs: Verbs, place: Place, patch: PatchBody, query: WriteQuery, caller: Caller): Written {
  const scale = getScale(verbs, place).value;
  if (patch.type === 'apply') return updateScale(verbs, place, mergePatch(scale, patch.object) as Manifest, query, caller);
  const patched = patch.type === 'json' ? jsonPatch(scale, patch.operations) : mergePatch(scale, patch.patch);
  return updateScale(verbs, place, patched as Manifest, query, caller);
}
