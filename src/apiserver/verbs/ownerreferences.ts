import { equalJson } from '../../base/index.ts';
import type { Manifest } from '../../model/index.ts';
import type { Admitted } from './admit.ts';

const NONE: readonly string[] = [];

/** Without the owners that an object names again, and the warning that its writer gets. */
export function withOwnersOnce(object: Manifest, when = ''): Admitted {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return { object, warnings: NONE };
  const isFirst = (i: number) => owners.findIndex((owner) => equalJson(owner, owners[i])) === i;
  const again = owners.filter((_, i) => !isFirst(i));
  if (again.length === 0) return { object, warnings: NONE };
  const warning =
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such ` +
    `requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${again.map(({ uid }) => uid).join(', ')}`;
  const ownerReferences = owners.filter((_, i) => isFirst(i));
  return { object: { ...object, metadata: { ...object.metadata, ownerReferences } }, warnings: [warning] };
}
