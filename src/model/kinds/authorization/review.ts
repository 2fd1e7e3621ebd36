import { dns1123Subdomain, type KindRef, type KubeObject } from '../../meta/index.ts';
import { NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import type { Kind } from '../kind.ts';

/** A question: it can be posted, and nothing else. */
export function declareReview<T extends KubeObject>(ref: KindRef<T>): Kind {
  const [name = ''] = ref.group.split('.');
  return declareKind<T>({
    ref,
    schema: { definition: `${name}.${ref.version}.${ref.kind}` },
    name: dns1123Subdomain,
    verbs: ['create'],
    columns: [NAME],
    row: ({ metadata }) => [metadata.name],
  });
}
