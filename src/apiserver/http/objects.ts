import { isStatus } from '../../base/index.ts';
import { demand, type Attributes, type Identity } from '../auth/index.ts';
import type { Api, Caller, Deleted, DeleteQuery, Place, WriteQuery, Written } from '../api.ts';
import type { Verb } from '../subresources.ts';
import type { AuditTrail } from './audit.ts';
import type { Backend } from './backend.ts';
import { decodeBody, decodeObject, decodePatch, mediaType } from './body.ts';
import { connect, connectOptions } from './connect.ts';
import { freshEnough } from './fresh.ts';
import type { Answer, Asked } from './message.ts';
import { podLog } from './podlog.ts';
import { proxy } from './proxy.ts';
import { deleteQuery, isTrue, listQuery, managerOf, refuseOption, timeoutMs, watchQuery, writeQuery, type WriteVerb } from './query.ts';
import { strayIn } from './stray.ts';
import { listAnswer, objectAnswer, valueAnswer, viewOf, warned, type View } from './view.ts';
import { defaultTimeout, watchAnswer } from './watch.ts';

/** A request for objects, once it is known who asks and that they may. */
export interface ObjectRequest {
  readonly backend: Backend;
  readonly asked: Asked;
  readonly place: Place;
  readonly verb: Verb;
  readonly wanted: Attributes;
  readonly identity: Identity;
  readonly trail: AuditTrail;
}

export async function serveObjects(request: ObjectRequest): Promise<Answer> {
  const { backend, asked, place } = request;
  if (place.subresource === 'log') return podLog(backend, asked, place);
  if (isConnection(place.subresource)) {
    const options = connectOptions(place, asked);
    await backend.api.attend((hearing) => backend.api.connect(place, options, { hearing }, callerOf(request)));
    const answer = await (place.subresource === 'proxy' ? proxy : connect)(backend, asked, place);
    request.trail.note({ code: answer.code });
    return answer;
  }
  const answer = await HANDLERS[request.verb](request, viewOf(asked, backend.clock, hasTable(request)));
  return place.kind.deprecated ? warned(answer, place.kind.deprecated) : answer;
}

/** What is posted and not kept has no columns; nor has a list that comes as events, which have to become a list again. */
function hasTable({ asked: { query }, place: { kind, subresource }, verb }: ObjectRequest): boolean {
  if (verb === 'watch') return !(isTrue(query, 'sendInitialEvents') && isTrue(query, 'allowWatchBookmarks'));
  return verb !== 'create' || (kind.verbs.includes('get') && subresource === undefined);
}

const isConnection = (subresource: string | undefined) =>
  subresource === 'exec' || subresource === 'attach' || subresource === 'portforward' || subresource === 'proxy';

type Handler = (request: ObjectRequest, view: View) => Promise<Answer>;

/** Nothing leaves before what it tells of is on disk. */
const HANDLERS: Readonly<Record<Verb, Handler>> = {
  async get({ backend: { api, measure }, place }, view) {
    const measured = await measure(place, {});
    const found = measured ? measured.items[0]! : api.get(place);
    await api.durable(found.revision);
    return objectAnswer(view, place, found);
  },

  async list({ backend, asked, place }, view) {
    const { api } = backend;
    const query = listQuery(asked.query);
    await freshEnough(backend, asked.query.get('resourceVersion'));
    const list = (await backend.measure(place, query)) ?? api.list(place, query);
    await api.durable(list.revision);
    return listAnswer(view, place, list);
  },

  async watch({ backend: { api, clock, log, random, lines }, asked, place }, view) {
    const timeout = timeoutMs(asked.query) ?? defaultTimeout(random.fraction());
    return watchAnswer({ api, clock, log, lines, place, view, query: watchQuery(asked.query), timeoutMs: timeout });
  },

  async create(request, view) {
    const { backend, asked, place, trail } = request;
    const bytes = await asked.body();
    const object = decodeObject(place, asked.headers['content-type'], bytes);
    trail.names(object.metadata.name);
    const review = backend.reviews(place);
    if (review) {
      const answer = await review(place, object, callerOf(request));
      trail.note({ code: 201 });
      return valueAnswer(view, answer, 201);
    }
    const query = bodyQuery(request, 'Create', bytes);
    return written(request, view, (hearing) => backend.api.create(place, object, { ...query, hearing }, callerOf(request)));
  },

  async update(request, view) {
    const { backend, asked, place } = request;
    const bytes = await asked.body();
    const object = decodeObject(place, asked.headers['content-type'], bytes);
    if (place.kind.createdByUpdate && !place.subresource) demandCreate(request);
    const query = bodyQuery(request, 'Update', bytes);
    return written(request, view, (hearing) => backend.api.update(place, object, { ...query, hearing }, callerOf(request)));
  },

  async patch(request, view) {
    const { backend, asked, place } = request;
    const bytes = await asked.body();
    const patch = decodePatch(place, asked.headers['content-type'], bytes);
    const force = asked.query.get('force');
    if (patch.type === 'apply' && !asked.query.get('fieldManager')) {
      throw refuseOption('Patch', 'fieldManager', 'Required value: is required for apply patch');
    }
    if (patch.type !== 'apply' && force !== null)
      throw refuseOption('Patch', 'force', 'Forbidden: may not be specified for non-apply patch');
    if (patch.type === 'apply' && !place.subresource) demandCreate(request);
    const query = { ...bodyQuery(request, 'Patch', bytes), force: force === 'true' || force === '1' };
    return written(request, view, (hearing) => backend.api.patch(place, patch, { ...query, hearing }, callerOf(request)));
  },

  async delete(request, view) {
    const { backend, place } = request;
    const query = await deleteOptions(request);
    const deleted = await backend.api.attend((hearing) => backend.api.delete(place, { ...query, hearing }, callerOf(request)));
    request.trail.note({ code: deleted.code, dryRun: query.dryRun });
    await backend.api.durable(deleted.found.revision);
    const answer = deleted.gone ? valueAnswer(view, goneStatus(place, deleted)) : objectAnswer(view, place, deleted.found, deleted.code);
    return warnedOfDependents(deleted.warnings.reduce(warned, answer), place, query);
  },

  async deletecollection(request, view) {
    const { backend, asked, place } = request;
    const query = { ...listQuery(asked.query), ...(await deleteOptions(request)) };
    const list = await backend.api.attend((hearing) => backend.api.deleteCollection(place, { ...query, hearing }, callerOf(request)));
    request.trail.note({ code: 200, dryRun: query.dryRun });
    await backend.api.durable(list.revision);
    return warnedOfDependents(listAnswer(view, place, list), place, query);
  },
};

/** What is not there is created, and creating is another right than changing. */
function demandCreate({ backend, identity, wanted, place }: ObjectRequest): void {
  if (!isThere(backend.api, place)) demand(backend.authorize, identity, { ...wanted, verb: 'create' });
}

/** What a write asks for, and what is said of the fields of its body. */
function bodyQuery({ asked: { query, headers }, place }: ObjectRequest, verb: WriteVerb, bytes: Buffer): WriteQuery {
  const strayFields = strayIn(mediaType(headers['content-type']), bytes, 'custom' in place.kind.schema);
  return { ...writeQuery(query, verb), ...(strayFields ? { strayFields } : {}) };
}

function isThere(api: Api, place: Place): boolean {
  try {
    api.get(place);
    return true;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false;
    throw error;
  }
}

async function written(request: ObjectRequest, view: View, write: (hearing: WriteQuery['hearing']) => Written): Promise<Answer> {
  const { backend, asked, place, trail } = request;
  const { found, code, warnings } = await backend.api.attend(write);
  trail.names(found.value.metadata.name);
  trail.note({ code, dryRun: asked.query.has('dryRun') });
  await backend.api.durable(found.revision);
  return objectAnswer(view, place, found, code, warnings);
}

async function deleteOptions({ asked }: ObjectRequest) {
  const bytes = await asked.body();
  return deleteQuery(asked.query, bytes.length === 0 ? undefined : decodeBody(asked.headers['content-type'], bytes));
}

function warnedOfDependents(answer: Answer, { kind }: Place, { propagationPolicy, orphanDependents }: DeleteQuery): Answer {
  const warning = kind.leavesDependents?.warning;
  const isSaid = propagationPolicy !== undefined || orphanDependents !== undefined;
  return warning && !isSaid ? warned(answer, warning) : answer;
}

function callerOf({ asked, identity }: ObjectRequest): Caller {
  return { ...identity, manager: managerOf(asked.query, asked.headers['user-agent']) };
}

function goneStatus({ kind, name }: Place, { found }: Deleted) {
  const { uid } = found.value.metadata;
  const details = { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.plural, ...(uid ? { uid } : {}) };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
