import { isStatus } from '../../base/index.ts';
import { demand, type Identity } from '../auth/index.ts';
import { resourceName } from '../../model/index.ts';
import type { Api, Caller, Deleted, Place, Written } from '../api.ts';
import { attributesOf } from './attributes.ts';
import type { Backend } from './backend.ts';
import { decodeBody, decodeObject, decodePatch } from './body.ts';
import { connect } from './connect.ts';
import type { Answer, Asked } from './message.ts';
import { podLog } from './podlog.ts';
import { deleteQuery, listQuery, managerOf, refuseOption, timeoutMs, watchQuery, writeQuery } from './query.ts';
import type { Verb } from './route.ts';
import { listAnswer, objectAnswer, valueAnswer, viewOf, type View } from './view.ts';
import { defaultTimeout, watchAnswer } from './watch.ts';

/** A request for objects, once it is known who asks and that they may. */
export interface ObjectRequest {
  readonly backend: Backend;
  readonly asked: Asked;
  readonly place: Place;
  readonly verb: Verb;
  readonly identity: Identity;
}

export async function serveObjects(request: ObjectRequest): Promise<Answer> {
  const { backend, asked, place } = request;
  if (place.subresource === 'log') return podLog(backend, asked, place);
  if (isConnection(place.subresource)) return connect(place);
  return HANDLERS[request.verb](request, viewOf(asked, backend.clock));
}

const isConnection = (subresource: string | undefined) =>
  subresource === 'exec' || subresource === 'attach' || subresource === 'portforward' || subresource === 'proxy';

type Handler = (request: ObjectRequest, view: View) => Promise<Answer>;

/** Nothing leaves before what it tells of is on disk. */
const HANDLERS: Readonly<Record<Verb, Handler>> = {
  async get({ backend: { api }, place }, view) {
    const found = api.get(place);
    await api.durable(found.revision);
    return objectAnswer(view, place, found);
  },

  async list({ backend: { api }, asked, place }, view) {
    const list = api.list(place, listQuery(asked.query));
    await api.durable(list.revision);
    return listAnswer(view, place, list);
  },

  async watch({ backend: { api, clock, log, random }, asked, place }, view) {
    const timeout = timeoutMs(asked.query) ?? defaultTimeout(random.fraction());
    return watchAnswer({ api, clock, log, place, view, query: watchQuery(asked.query), timeoutMs: timeout });
  },

  async create(request, view) {
    const { backend, asked, place } = request;
    const object = decodeObject(place, asked.headers['content-type'], await asked.body());
    const review = backend.reviews(place);
    if (review) return valueAnswer(view, await review(place, object, callerOf(request)), 201);
    return written(request, view, backend.api.create(place, object, writeQuery(asked.query, 'Create'), callerOf(request)));
  },

  async update(request, view) {
    const { backend, asked, place } = request;
    const object = decodeObject(place, asked.headers['content-type'], await asked.body());
    return written(request, view, backend.api.update(place, object, writeQuery(asked.query, 'Update'), callerOf(request)));
  },

  async patch(request, view) {
    const { backend, asked, place } = request;
    const patch = decodePatch(place, asked.headers['content-type'], await asked.body());
    const force = asked.query.get('force');
    if (patch.type === 'apply' && !asked.query.get('fieldManager')) {
      throw refuseOption('Patch', 'fieldManager', 'Required value: is required for apply patch');
    }
    if (patch.type !== 'apply' && force !== null)
      throw refuseOption('Patch', 'force', 'Forbidden: may not be specified for non-apply patch');
    // What is not there is created, and creating is another right than changing.
    if (patch.type === 'apply' && !place.subresource && !isThere(backend.api, place)) {
      demand(backend.authorize, request.identity, attributesOf(place, 'create', asked.query));
    }
    const query = { ...writeQuery(asked.query, 'Patch'), force: force === 'true' || force === '1' };
    return written(request, view, backend.api.patch(place, patch, query, callerOf(request)));
  },

  async delete(request, view) {
    const { backend, place } = request;
    const deleted = backend.api.delete(place, await deleteOptions(request), callerOf(request));
    await backend.api.durable(deleted.found.revision);
    return deleted.gone ? valueAnswer(view, goneStatus(place, deleted)) : objectAnswer(view, place, deleted.found, deleted.code);
  },

  async deletecollection(request, view) {
    const { backend, asked, place } = request;
    const list = backend.api.deleteCollection(place, { ...listQuery(asked.query), ...(await deleteOptions(request)) }, callerOf(request));
    await backend.api.durable(list.revision);
    return listAnswer(view, place, list);
  },
};

function isThere(api: Api, place: Place): boolean {
  try {
    api.get(place);
    return true;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false;
    throw error;
  }
}

async function written({ backend, place }: ObjectRequest, view: View, { found, code, warnings }: Written): Promise<Answer> {
  await backend.api.durable(found.revision);
  return objectAnswer(view, place, found, code, warnings);
}

async function deleteOptions({ asked }: ObjectRequest) {
  const bytes = await asked.body();
  return deleteQuery(asked.query, bytes.length === 0 ? undefined : decodeBody(asked.headers['content-type'], bytes));
}

function callerOf({ asked, identity }: ObjectRequest): Caller {
  return { ...identity, manager: managerOf(asked.query, asked.headers['user-agent']) };
}

function goneStatus({ kind, name }: Place, { found }: Deleted) {
  const { uid } = found.value.metadata;
  const details = { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.plural, ...(uid ? { uid } : {}) };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** How a request is counted. */
export const resourceLabel = ({ kind, subresource }: Place) => resourceName(kind) + (subresource ? `/${subresource}` : '');
