import { equalJson } from '../../base/index.ts';
import { OPEN_METADATA, type Kind, type Manifest, type OpenMetadata } from '../../model/index.ts';
import type { Caller, Place, WriteQuery } from '../api.ts';
import { admit, type Admitted } from './admit.ts';
import { hearChanges, hearJudgement } from './heard.ts';
import { allocateService } from './allocate.ts';
import { poolOf, type Verbs } from './commit.ts';
import { check } from './decode.ts';
import { checkSame } from './identity.ts';
import { normalize } from './place.ts';

/** What a caller's wish comes to, once it is told apart from what no caller can change through this door. */
export function askedVersion(place: Place, old: Manifest, wanted: Manifest): Manifest {
  checkSame(place, old, wanted);
  const { kind, subresource } = place;
  const part = partOf(place);
  if (part) return kind.defaults(part.take(wanted, old));
  if (subresource === 'status') return kind.completeStatus(withStatusOf(kind, old, wanted));
  return kind.defaults(withServerMetadata(wanted, old));
}

const partOf = ({ kind, subresource }: Place) => (subresource ? kind.parts[subresource] : undefined);

/**
 * The next version of a live object: all but its managed fields. A status and a count of replicas say what is: admission
 * has no say in them where they are no parts, but for webhooks that want to.
 */
export function nextVersion(verbs: Verbs, place: Place, old: Manifest, asked: Manifest, query: WriteQuery, caller: Caller): Admitted {
  const { kind, subresource } = place;
  const part = partOf(place);
  const make = (admitted: Manifest) => {
    const prepared = part || subresource === 'status' ? admitted : kind.prepareUpdate(admitted, old);
    const next = subresource === 'status' ? prepared : withGeneration(kind, prepared, old);
    return allocateService(poolOf(verbs, query), kind, normalize(kind, next), old);
  };
  const complete = (changed: Manifest) => askedVersion(place, old, changed);
  const request = { kind, object: asked, old, operation: 'update', caller, subresource, dryRun: query.dryRun ?? false } as const;
  if (!subresource || part) return admit(verbs, request, query, { complete, make });
  const { object: wanted, warnings } = hearChanges(verbs, request, query, { complete, mutate: (object) => object });
  const object = make(wanted);
  if (!query.trusted || wanted !== asked) check(kind, object, old, subresource);
  return { object, warnings: [...warnings, ...hearJudgement(verbs, { ...request, object }, query)] };
}

/** A write to `status` changes the metadata along, as far as the kind lets it: controllers keep notes there beside what they report. */
function withStatusOf({ statusKeeps }: Kind, old: Manifest, wanted: Manifest): Manifest {
  const isChanged = (field: OpenMetadata) => !statusKeeps.includes(field) && !equalJson(wanted.metadata[field], old.metadata[field]);
  const changed = OPEN_METADATA.filter(isChanged).map((field) => [field, wanted.metadata[field]]);
  const metadata = changed.length === 0 ? old.metadata : { ...old.metadata, ...Object.fromEntries(changed) };
  if (wanted['status'] !== undefined) return { ...old, metadata, status: wanted['status'] };
  const { status: _, ...rest } = old;
  return { ...rest, metadata };
}

const SERVER_METADATA = [
  'name',
  'namespace',
  'generateName',
  'uid',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
] as const;

function withServerMetadata(wanted: Manifest, old: Manifest): Manifest {
  const kept = Object.fromEntries(SERVER_METADATA.map((field) => [field, old.metadata[field]]));
  return { ...wanted, metadata: { ...wanted.metadata, ...kept } };
}

function withGeneration(kind: Kind, object: Manifest, old: Manifest): Manifest {
  if (!kind.raisesGeneration?.(object, old)) return object;
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}
