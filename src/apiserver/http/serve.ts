import { StatusError, messageOf } from '../../base/index.ts';
import { demand, impersonate, type Identity } from '../auth/index.ts';
import type { Place } from '../api.ts';
import { attributesOf } from './attributes.ts';
import type { Backend } from './backend.ts';
import { discovery } from './discovery.ts';
import { health } from './health.ts';
import { jsonAnswer, textAnswer, type Answer, type Asked } from './message.ts';
import { resourceLabel, serveObjects } from './objects.ts';
import { isTrue } from './query.ts';
import { parseResourcePath, placeOf, unknownPath, verbOf, type Verb } from './route.ts';

/** From a request to its answer; a refusal is an answer too. */
export async function serve(backend: Backend, asked: Asked): Promise<Answer> {
  try {
    const answer = (await serveAnyone(backend, asked)) ?? (await serveKnown(backend, asked, await identify(backend, asked)));
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

async function identify(backend: Backend, { credentials }: Asked): Promise<Identity> {
  const identity = await backend.authenticate(credentials);
  if (!identity) throw new StatusError('Unauthorized', 'Unauthorized');
  return identity;
}

function serveKnown(backend: Backend, asked: Asked, sender: Identity): Promise<Answer> | Answer | undefined {
  const path = parseResourcePath(asked.path);
  if (path) {
    const place = placeOf(backend.api.kinds, path);
    const verb = verbOf(place, asked.method, isTrue(asked.query, 'watch'));
    return counted(backend, verb, resourceLabel(place), serveResource(backend, asked, place, verb, sender));
  }
  const identity = actingAs(backend, asked, sender);
  demand(backend.authorize, identity, { verb: asked.method.toLowerCase(), path: asked.path });
  if (asked.method !== 'GET') return undefined;
  if (asked.path === '/metrics') return textAnswer(backend.counts.text(), 200, 'text/plain; version=0.0.4; charset=utf-8');
  if (asked.path.startsWith('/openapi/')) return backend.openApi.answer(asked.path);
  const document = backend.openId[asked.path];
  if (document) return textAnswer(JSON.stringify(document.value), 200, document.type);
  return discovery(backend.api.kinds, asked);
}

async function serveResource(backend: Backend, asked: Asked, place: Place, verb: Verb, sender: Identity): Promise<Answer> {
  let identity = sender;
  try {
    identity = actingAs(backend, asked, sender);
    demand(backend.authorize, identity, attributesOf(place, verb, asked.query));
    return await serveObjects({ backend, asked, place, verb, identity });
  } catch (error) {
    if (error instanceof StatusError) backend.refused.note(identity, verb, place, error);
    throw error;
  }
}

function actingAs({ authorize }: Backend, { impersonation }: Asked, sender: Identity): Identity {
  return impersonation ? impersonate(sender, impersonation, authorize) : sender;
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
