import { StatusError, messageOf, type Millis } from '../../base/index.ts';
import type { Backend } from './backend.ts';
import { laneOf } from './load.ts';
import type { Outlet } from './message.ts';
import { requestTimeout } from './query.ts';
import { receive, type WireRequest } from './receive.ts';
import { send, type WireResponse } from './send.ts';
import { refusal, serve } from './serve.ts';

/** Kubernetes' limit for everything that is to come to an end. */
const LONGEST: Millis = 60_000;

/** A request on the wire: it waits for its turn, is answered in its time, and leaves nothing behind. */
export async function handle(backend: Backend, request: WireRequest, response: WireResponse, live: Set<Outlet>): Promise<void> {
  // A client that leaves early is no failure of ours; what was begun for it learns of it by `close`.
  request.on('error', () => {});
  response.on('error', () => {});
  try {
    await answer(backend, request, response, live);
  } catch (error) {
    backend.log.error({ path: request.url, error: messageOf(error) }, 'answer failed');
    response.destroy();
  }
}

async function answer(backend: Backend, request: WireRequest, response: WireResponse, live: Set<Outlet>): Promise<void> {
  const { load, bodies, clock } = backend;
  const share = bodies.share();
  const asked = receive(request, share);
  const encoding = request.headers['accept-encoding']?.toString();
  const refuse = async (error: unknown) => send(await refusal(backend, asked, error), response, encoding, live);
  const lane = laneOf(asked);
  try {
    await load.enter(lane);
  } catch (error) {
    return refuse(error);
  }
  let isLate = false;
  const tooLate = () => {
    isLate = true;
    if (response.headersSent) return response.destroy();
    // What is still to come of it is for nobody: the connection would carry it to its end.
    response.once('finish', () => void ('stream' in request ? request.stream.close() : request.socket.destroySoon()));
    void refuse(timedOut());
  };
  const timer = lane === 'lasting' ? undefined : clock.after(Math.min(requestTimeout(asked.query) ?? LONGEST, LONGEST), tooLate);
  try {
    const answer = await serve(backend, asked);
    if (answer.body.kind === 'live') timer?.cancel();
    if (!isLate) await send(answer, response, encoding, live);
  } finally {
    timer?.cancel();
    share.release();
    load.leave(lane);
  }
}

const timedOut = () =>
  new StatusError('Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded', {});
