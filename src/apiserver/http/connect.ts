import { StatusError } from '../../base/index.ts';
import type { Place } from '../api.ts';
import type { Answer } from './message.ts';

/** Where streams into a pod begin: a node's endpoint will take them over from here. */
export function connect({ kind, name, subresource }: Place): Answer {
  throw new StatusError(
    'NotImplemented',
    `${kind.plural}/${subresource} is not served yet: ${kind.kind} ${JSON.stringify(name)} can only be read and its logs followed`,
    {
      ...(name ? { name } : {}),
      kind: kind.plural,
    },
  );
}
