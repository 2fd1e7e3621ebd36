import { StatusError } from '../../base/index.ts';
import {
  apiVersionOf,
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
import { applyObject } from './apply.ts';
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

/** Nobody is asked twice. */
const HEARD = { hearing: undefined, exempt: true } as const;

export function updateScale(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const live = getEntry(verbs.store, place);
  const { spec, metadata = {} as Scale['metadata'] } = body as Scale;
  checkSame(place, live.value, { ...body, metadata });
  const replicas = spec?.replicas ?? 0;
  checkReplicas(place, replicas);
  const told = hearScale(verbs, place, { ...body, metadata } as Scale, query, caller);
  const scaled = withPath(live.value, kind.scale!.replicas, replicas);
  return asScale(kind, updateObject(verbs, place, scaled, { ...query, ...HEARD, trusted: true }, caller), told);
}

export function patchScale(verbs: Verbs, place: Place, patch: PatchBody, query: WriteQuery, caller: Caller): Written {
  if (patch.type === 'apply') return applyScale(verbs, place, patch.object as Scale, query, caller);
  const scale = getScale(verbs, place).value;
  const patched = patch.type === 'json' ? jsonPatch(scale, patch.operations) : mergePatch(scale, patch.patch);
  return updateScale(verbs, place, patched as Manifest, query, caller);
}

/** An apply to the object itself that names nothing but the replicas: whoever else owns these has a say. */
function applyScale(verbs: Verbs, place: Place, { spec, metadata }: Scale, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  checkReplicas(place, spec?.replicas ?? 0);
  const told = hearScale(verbs, place, { spec, metadata } as Scale, query, caller);
  const applied: Manifest = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  const scaled = withPath(applied, kind.scale!.replicas, spec?.replicas);
  return asScale(kind, applyObject(verbs, place, scaled, { ...query, ...HEARD }, caller), told);
}

function checkReplicas({ kind, name }: Place, replicas: number): void {
  if (!Number.isInteger(replicas)) throw new StatusError('BadRequest', 'spec.replicas must be an integer');
  if (replicas >= 0) return;
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw invalidObject(kind, name!, [{ reason: 'FieldValueInvalid', path: ['spec', 'replicas'], message }]);
}

/** Policies and webhooks see the count, and not the object behind it. */
function hearScale(verbs: Verbs, place: Place, object: Scale, query: WriteQuery, caller: Caller): readonly string[] {
  const old = getScale(verbs, place).value;
  return hearOthers(verbs, place, { operation: 'UPDATE', object, old }, query, caller);
}

function asScale(kind: Kind, written: Written, told: readonly string[]): Written {
  const found = unstored(scaleOf(kind, written.found.value), written.found.revision);
  return { ...written, found, warnings: [...told, ...written.warnings] };
}
