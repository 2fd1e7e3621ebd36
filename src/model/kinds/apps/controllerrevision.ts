import { controllerOf, dns1123Subdomain, splitApiVersion } from '../../meta/index.ts';
import { CONTROLLER_REVISIONS, type ControllerRevision } from '../../types/index.ts';
import { required } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';

export const CONTROLLER_REVISION = declareKind<ControllerRevision>({
  ref: CONTROLLER_REVISIONS,
  schema: { definition: 'apps.v1.ControllerRevision' },
  name: dns1123Subdomain,
  defaults: (revision) => ({ ...revision, revision: revision.revision ?? 0 }),
  validate: ({ data, revision }, old) => [
    ...(data === undefined ? [required(['data'], 'data is mandatory')] : []),
    ...validateNotNegative(revision, ['revision']),
    ...(old ? immutable(data, old.data, ['data']) : []),
  ],
  columns: [NAME, ...['Controller', 'Revision'].map(textColumn), AGE],
  row: (revision, clock) => [revision.metadata.name, controllerCell(revision), revision.revision, ageOf(revision, clock)],
});

/** `statefulset.apps/web`. */
function controllerCell(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (!owner) return NONE;
  const { group } = splitApiVersion(owner.apiVersion);
  return `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}`;
}
