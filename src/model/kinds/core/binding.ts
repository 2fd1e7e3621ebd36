import { dns1123Subdomain } from '../../meta/index.ts';
import { BINDINGS, type Binding } from '../../types/index.ts';
import { NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

/** Gives a pod its node. It is posted, and never kept. */
export const BINDING = declareKind<Binding>({
  ref: BINDINGS,
  schema: { definition: 'core.v1.Binding' },
  name: dns1123Subdomain,
  verbs: ['create'],
  columns: [NAME],
  row: ({ metadata }) => [metadata.name],
});
