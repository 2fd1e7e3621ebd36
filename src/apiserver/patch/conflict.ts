import { StatusError } from '../../base/index.ts';
import { type FieldSet, formatPaths } from './fieldset.ts';
import type { Owner } from './owners.ts';

/** Fields that an apply would change and another manager owns. */
export interface Conflict {
  readonly owner: Owner;
  readonly fields: FieldSet;
}

/** One cause for each field, in Kubernetes' words. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const found = conflicts
    .toSorted((a, b) => (describe(a.owner) < describe(b.owner) ? -1 : 1))
    .map(({ owner, fields }) => ({ manager: describe(owner), paths: [...formatPaths(fields)] }));
  const causes = found.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  );
  const [only] = causes;
  const text =
    causes.length === 1
      ? `1 conflict: ${only!.message}: ${only!.field}`
      : `${causes.length} conflicts: ${found.flatMap(({ manager, paths }) => [`conflicts with ${manager}:`, ...paths.map((path) => `- ${path}`)]).join('\n')}`;
  return new StatusError('Conflict', `Apply failed with ${text}`, { causes });
}

function describe({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
