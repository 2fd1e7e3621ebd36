import { StatusError, messageOf } from '../../base/index.ts';
import { demand, impersonate, type Identity } from '../auth/index.ts';
import { notServed } from '../refusals.ts';
import { attributesOf, demandsOf, labelsOf } from './attributes.ts';
import type { Backend } from './backend.ts';
import { discovery, discoveryPaths } from './discovery.ts';
import { health, HEALTH_PATHS } from './health.ts';
import { journalOf } from './journal.ts';
import { jsonAnswer, textAnswer, type Answer, type Asked, type Body, type Outlet } from './message.ts';
import { metricsText, type RequestCounts, type RequestLabels } from './metrics.ts';
import { serveObjects } from './objects.ts';
import { isTrue } from './query.ts';
import { parseResourcePath, placeOf, verbOf, type ResourcePath } from './route.ts';
import { warningHeaders } from './view.ts';

/** From a request to its answer; a refusal is an answer too. */
export async function serve(backend: Backend, asked: Asked): Promise<Answer> {
  try {
    const sender = await identify(backend, asked);
    const path = parseResourcePath(asked.path);
    return path ? await serveResource(backend, asked, path, sender) : await serveDocument(backend, asked, sender);
  } catch (error) {
    return refusal(backend, asked, error);
  }
}

async function identify(backend: Backend, { credentials }: Asked): Promise<Identity> {
  const identity = await backend.authenticate(credentials);
  if (!identity) throw new StatusError('Unauthorized', 'Unauthorized');
  return identity;
}

async function serveDocument(backend: Backend, asked: Asked, sender: Identity): Promise<Answer> {
  const { method, path, query } = asked;
  demand(backend.authorize, actingAs(backend, asked, sender), { verb: method.toLowerCase(), path });
  // Whoever balances load may ask in any way whether the server is well.
  const answer = (await health(backend, path, query)) ?? (method === 'GET' ? await documentAt(backend, asked) : undefined);
  if (!answer) throw notServed();
  return answer;
}

async function documentAt(backend: Backend, asked: Asked): Promise<Answer | undefined> {
  const { api, version, openApi, openId } = backend;
  const { path } = asked;
  if (path === '/') return jsonAnswer({ paths: documentPaths(backend) });
  if (path === '/version' || path === '/version/') return jsonAnswer(version);
  if (path === '/metrics') return textAnswer(await metricsText(backend), 200, 'text/plain; version=0.0.4; charset=utf-8');
  if (path === '/journal') return journalOf(backend, asked);
  if (path.startsWith('/openapi/')) return openApi.answer(path, asked.headers.accept);
  const document = openId[path];
  if (document) return textAnswer(JSON.stringify(document.value), 200, document.type);
  return discovery(api.kinds, asked);
}

/** All that can be asked for besides objects. */
function documentPaths({ api, openId }: Backend): readonly string[] {
  const others = ['/metrics', '/openapi/v2', '/openapi/v3', '/version'];
  const paths = [...Object.keys(openId), ...discoveryPaths(api.kinds), ...HEALTH_PATHS, ...others];
  return [...new Set(paths)].toSorted();
}

/** Who may not ask learns nothing, not even whether there is such a resource. */
async function serveResource(backend: Backend, asked: Asked, path: ResourcePath, sender: Identity): Promise<Answer> {
  const { method, query, address, headers } = asked;
  const { api, authorize, counts, clock } = backend;
  const wanted = attributesOf(path, method, query);
  const labels = labelsOf(api.kinds, path, wanted);
  const began = clock.now();
  const trail = backend.audit.begin({ identity: sender, wanted, address, agent: headers['user-agent'] });
  try {
    const identity = actingAs(backend, asked, sender);
    trail.actsAs(identity);
    for (const attributes of demandsOf(wanted)) demand(authorize, identity, attributes);
    const place = placeOf(api.kinds, path);
    const verb = verbOf(place, method, isTrue(query, 'watch'));
    const answer = await serveObjects({ backend, asked, place, verb, wanted, identity, trail });
    counts.count(labels, answer.code, clock.now() - began);
    return answer.body.kind === 'live' ? tallied(counts, labels, answer, answer.body) : answer;
  } catch (error) {
    const { code, reason } = statusOf(error);
    trail.note({ code, reason, dryRun: query.has('dryRun') });
    counts.count(labels, code, clock.now() - began);
    throw error;
  }
}

function actingAs({ authorize }: Backend, { impersonation }: Asked, sender: Identity): Identity {
  return impersonation ? impersonate(sender, impersonation, authorize) : sender;
}

function statusOf(error: unknown) {
  return (
    error instanceof StatusError ? error : new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`)
  ).toStatus();
}

/** Counts what goes on while it goes on. */
function tallied(counts: RequestCounts, labels: RequestLabels, answer: Answer, { run }: Extract<Body, { kind: 'live' }>): Answer {
  const runCounted = async (outlet: Outlet) => {
    counts.lasting(labels, 1);
    try {
      await run(outlet);
    } finally {
      counts.lasting(labels, -1);
    }
  };
  return { ...answer, body: { kind: 'live', run: runCounted } };
}

export async function refusal({ api, log }: Backend, { method, path }: Asked, error: unknown): Promise<Answer> {
  if (!(error instanceof StatusError))
    log.error({ method, path, error: messageOf(error), stack: (error as Error).stack }, 'request failed');
  const status = statusOf(error);
  // A refusal tells of the present state too (gone, already there, changed): it waits as every answer does.
  if (status.code === 404 || status.code === 409) await api.durable(api.revision).catch(() => undefined);
  const { retryAfterSeconds } = status.details ?? {};
  const headers = {
    ...(retryAfterSeconds ? { 'retry-after': String(retryAfterSeconds) } : {}),
    ...(error instanceof StatusError ? warningHeaders(error.warnings) : {}),
  };
  return { ...jsonAnswer(status, status.code), headers };
}
