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

/** With the reason, where there is one to tell: what allows it, or what stands in the way. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export type Authorize = (who: Identity, attributes: Attributes) => Decision;

export const MASTERS = 'system:masters';

const PUBLIC_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** Where no roles are kept: administrators may do everything, others see that the server is well. */
export const mastersOnly: Authorize = (who, wanted) => ({
  allowed: who.groups.includes(MASTERS) || ('path' in wanted && wanted.verb === 'get' && PUBLIC_PATHS.has(wanted.path)),
  reason: '',
});

/** The refusal, in Kubernetes' words. */
export function forbiddenTo(who: Identity, attributes: Attributes, reason = ''): StatusError {
  const user = `User ${JSON.stringify(who.user)}`;
  const because = reason ? `: ${reason}` : '';
  if ('path' in attributes) {
    const { verb, path } = attributes;
    return new StatusError('Forbidden', `forbidden: ${user} cannot ${verb} path ${JSON.stringify(path)}${because}`, {});
  }
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const plural = subresource ? `${resource}/${subresource}` : resource;
  const title = group ? `${resource}.${group}` : resource;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  const wanted = `${user} cannot ${verb} resource ${JSON.stringify(plural)} in API group ${JSON.stringify(group)} ${where}`;
  return new StatusError('Forbidden', `${title}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: ${wanted}${because}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    kind: resource,
  });
}

/** Throws the refusal where the decision is no. */
export function demand(authorize: Authorize, who: Identity, attributes: Attributes): void {
  const { allowed, reason } = authorize(who, attributes);
  if (!allowed) throw forbiddenTo(who, attributes, reason);
}
