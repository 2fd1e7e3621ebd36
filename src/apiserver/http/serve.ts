import { StatusError, messageOf } from '../../base/index.ts';
import { forbiddenTo, type Attributes, type Identity } from '../auth/index.ts';
import type { Place } from '../api.ts';
import type { Backend } from './backend.ts';
import { discovery } from './discovery.ts';
import { health } from './health.ts';
import { jsonAnswer, textAnswer, type Answer, type Asked } from './message.ts';
import { resourceLabel, serveObjects } from './objects.ts';
import { isTrue } from './query.ts';
import { parseResourcePath, placeOf, unknownPath, verbOf } from './route.ts';

/** From a request to its answer; a refusal is an answer too. */
export async function serve(backend: Backend, asked: Asked): Promise<Answer> {
  try {
    const answer = (await serveAnyone(backend, asked)) ?? (await serveKnown(backend, asked, identify(backend, asked)));
    if (!answer) throw unknownPath();
    return answer;
  } catch (error) {
    return refusal(backend, asked, error);
  }
}

/** What everybody may see. */
async function serveAnyone({ api, version }: Backend, { method, path, query }: Asked): Promise<Answer | undefined> {
  if (method !== 'GET') return undefined;
  if (path === '/version' || path === '/version/') return jsonAnswer(version);
  return health(api, path, query);
}

function identify(backend: Backend, { credentials }: Asked): Identity {
  const identity = backend.authenticate(credentials);
  if (!identity) throw new StatusError('Unauthorized', 'Unauthorized');
  return identity;
}

function serveKnown(backend: Backend, asked: Asked, identity: Identity): Promise<Answer> | Answer | undefined {
  const path = parseResourcePath(asked.path);
  if (path) {
    const place = placeOf(backend.api.kinds, path);
    const verb = verbOf(place, asked.method, isTrue(asked.query, 'watch'));
    allow(backend, identity, attributesOf(place, verb));
    return counted(backend, verb, resourceLabel(place), serveObjects({ backend, asked, place, verb, identity }));
  }
  allow(backend, identity, { verb: asked.method.toLowerCase(), path: asked.path });
  if (asked.method !== 'GET') return undefined;
  if (asked.path === '/metrics') return textAnswer(backend.counts.text(), 200, 'text/plain; version=0.0.4; charset=utf-8');
  if (asked.path.startsWith('/openapi/')) return backend.openApi.answer(asked.path);
  return discovery(backend.api.kinds, asked);
}

function allow({ authorize }: Backend, identity: Identity, attributes: Attributes): void {
  if (!authorize(identity, attributes)) throw forbiddenTo(identity, attributes);
}

function attributesOf({ kind, namespace, name, subresource }: Place, verb: string): Attributes {
  return { verb, group: kind.group, resource: kind.plural, subresource, namespace, name };
}

async function counted({ counts }: Backend, verb: string, resource: string, working: Promise<Answer>): Promise<Answer> {
  try {
    const answer = await working;
    counts.count(verb, resource, answer.code);
    return answer;
  } catch (error) {
    counts.count(verb, resource, statusOf(error).code);
    throw error;
  }
}

function statusOf(error: unknown) {
  return (
    error instanceof StatusError ? error : new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`)
  ).toStatus();
}

async function refusal({ api, log }: Backend, { method, path }: Asked, error: unknown): Promise<Answer> {
  if (!(error instanceof StatusError))
    log.error({ method, path, error: messageOf(error), stack: (error as Error).stack }, 'request failed');
  const status = statusOf(error);
  // A refusal tells of the present state too (gone, already there, changed): it waits as every answer does.
  if (status.code === 404 || status.code === 409) await api.durable(api.revision).catch(() => undefined);
  const { retryAfterSeconds } = status.details ?? {};
  return { ...jsonAnswer(status, status.code), ...(retryAfterSeconds ? { headers: { 'retry-after': String(retryAfterSeconds) } } : {}) };
}
