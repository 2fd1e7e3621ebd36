import { formatAge, parseTime } from '../../model/index.ts';
import type { Rows } from './table.ts';

interface Scale {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

/** `kubectl get --subresource scale`. */
export const SCALE_ROWS: Rows = {
  columns: [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Desired', type: 'integer', format: '', priority: 0 },
    { name: 'Available', type: 'integer', format: '', priority: 0 },
    { name: 'Age', type: 'string', format: '', priority: 0 },
  ],
  row: (object, clock) => {
    const { spec, status } = object as Scale;
    const made = parseTime(object.metadata.creationTimestamp);
    const age = made === undefined ? '<unknown>' : formatAge(clock.now() - made);
    return [object.metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, age];
  },
};
