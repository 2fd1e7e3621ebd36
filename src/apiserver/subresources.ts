import type { Subresource } from '../model/index.ts';
import type { Place } from './api.ts';
import { methodNotAllowed, notServed } from './refusals.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** The same for those who ask by HTTP and for those in this process. */
export const SUBRESOURCE_VERBS: Readonly<Record<Subresource, readonly Verb[]>> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  approval: ['get', 'patch', 'update'],
  resize: ['get', 'patch', 'update'],
  ephemeralcontainers: ['get', 'patch', 'update'],
  finalize: ['update'],
  binding: ['create'],
  eviction: ['create'],
  token: ['create'],
  log: ['get'],
  exec: ['create', 'get'],
  attach: ['create', 'get'],
  portforward: ['create', 'get'],
  proxy: ['create', 'delete', 'get', 'patch', 'update'],
};

/** Refuses what a subresource does not do. */
export function checkSubresource({ kind, subresource }: Place, verb: Verb): void {
  if (!subresource) return;
  if (!(kind.subresources as readonly string[]).includes(subresource)) throw notServed();
  if (!SUBRESOURCE_VERBS[subresource as Subresource].includes(verb)) throw methodNotAllowed();
}
