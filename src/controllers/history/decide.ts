import { canonicalJson, equalJson } from '../../base/index.ts';
import {
  controllerReference,
  type ControllerRevision,
  type KindRef,
  type KubeObject,
  type Labels,
  type PodTemplateSpec,
} from '../../model/index.ts';
import { shortHash } from '../hash.ts';
import { compareNumbers, compareTexts } from '../order.ts';

export interface RevisionWish {
  readonly kind: KindRef<KubeObject>;
  readonly owner: KubeObject;
  readonly template: PodTemplateSpec;
  readonly labels: Labels;
  /** Under which label the revision says its hash. */
  readonly hashLabel: string;
  readonly collisions: number;
}

export interface History {
  /** The revision of the present template. */
  readonly update: ControllerRevision;
  readonly hash: string;
  /** What of it is still to be written. */
  readonly write: 'create' | 'renumber' | 'nothing';
}

/** A template seen before gets its revision back, under a new number. */
export function decideHistory(wish: RevisionWish, revisions: readonly ControllerRevision[]): History {
  const data = dataOf(wish.template);
  const highest = revisions.reduce((most, { revision }) => Math.max(most, revision), 0);
  const known = revisions.toSorted((a, b) => b.revision - a.revision).find((revision) => equalJson(revision.data, data));
  if (known) {
    const hash = known.metadata.labels?.[wish.hashLabel] ?? '';
    if (known.revision === highest) return { update: known, hash, write: 'nothing' };
    return { update: { ...known, revision: highest + 1 }, hash, write: 'renumber' };
  }
  const hash = shortHash(canonicalJson(data) + (wish.collisions > 0 ? String(wish.collisions) : ''));
  return { update: newRevision(wish, data, hash, highest + 1), hash, write: 'create' };
}

/** As a patch that puts the template back: so `kubectl rollout undo` uses it. */
function dataOf(template: PodTemplateSpec) {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as ReturnType<typeof dataOf>).spec.template;
  return template;
}

function newRevision({ kind, owner, labels, hashLabel }: RevisionWish, data: unknown, hash: string, revision: number): ControllerRevision {
  const { name, namespace, annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, 253 - hash.length - 1)}-${hash}`,
      namespace,
      labels: { ...labels, [hashLabel]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference(owner, kind)],
    },
    data,
    revision,
  };
}

/** The oldest revisions that nobody uses, beyond the limit. */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  isUsed: (revision: ControllerRevision) => boolean,
  limit: number,
): readonly ControllerRevision[] {
  const unused = revisions
    .filter((revision) => !isUsed(revision))
    .toSorted((a, b) => compareNumbers(a.revision, b.revision) || compareTexts(a.metadata.name, b.metadata.name));
  return unused.slice(0, Math.max(0, unused.length - limit));
}
