import type { ControllerRevision, DaemonSet, Pod } from '../../model/index.ts';
import { surplusRevisions } from '../history/index.ts';
import { HASH_LABEL } from './newpod.ts';

const hashOf = ({ metadata }: ControllerRevision | Pod): string | undefined => metadata.labels?.[HASH_LABEL];

/** What is beyond the set's limit of old revisions. One that pods still use stays, and counts towards the limit nevertheless. */
export function surplusOf(
  { spec }: DaemonSet,
  hash: string,
  revisions: readonly ControllerRevision[],
  pods: readonly Pod[],
): readonly ControllerRevision[] {
  const inUse = new Set(pods.map(hashOf));
  const isUsed = (revision: ControllerRevision) => inUse.has(hashOf(revision));
  const old = revisions.filter((revision) => hashOf(revision) !== hash);
  return surplusRevisions(old, isUsed, (spec.revisionHistoryLimit ?? 10) - old.filter(isUsed).length);
}
