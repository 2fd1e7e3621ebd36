import { StatusError } from '../../base/index.ts';
import type { Identity } from './authenticate.ts';

/** What somebody wants to do. */
export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly namespace?: string;
      readonly name?: string;
    }
  | { readonly verb: string; readonly path: string };

export type Authorize = (who: Identity, attributes: Attributes) => boolean;

export const MASTERS = 'system:masters';

/** Administrators may do everything, others nothing. */
export const mastersOnly: Authorize = (who) => who.groups.includes(MASTERS);

/** The refusal, in Kubernetes' words. */
export function forbiddenTo(who: Identity, attributes: Attributes): StatusError {
  const user = `User ${JSON.stringify(who.user)}`;
  if ('path' in attributes)
    return new StatusError('Forbidden', `forbidden: ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`, {});
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const plural = subresource ? `${resource}/${subresource}` : resource;
  const title = group ? `${resource}.${group}` : resource;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return new StatusError(
    'Forbidden',
    `${title}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: ${user} cannot ${verb} resource ${JSON.stringify(plural)} in API group ${JSON.stringify(group)} ${where}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
}
