import { messageOf, type Clock, type Log, type Millis } from '../../base/index.ts';
import type { Api } from '../api.ts';
import { textAnswer, type Answer } from './message.ts';

/** What must hold for the server to be of use. A check that throws has failed. */
type Check = (api: Api) => void | Promise<void>;

const CHECKS: Readonly<Record<string, Check>> = {
  ping: () => {},
  journal: (api) => {
    api.assertWritable();
    return api.durable(api.revision);
  },
};

const PROBES = new Set(['healthz', 'livez', 'readyz']);

export const HEALTH_PATHS = [...PROBES].flatMap((probe) =>
  ['', ...Object.keys(CHECKS).map((check) => `/${check}`)].map((at) => `/${probe}${at}`),
);

/** A disk that does not answer is no better than one that says no. */
const LONGEST_CHECK: Millis = 2000;

export interface Examined {
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Log;
}

/** `/readyz`, `/readyz?verbose`, `/readyz/journal`. Undefined: no such path. */
export async function health(examined: Examined, path: string, query: URLSearchParams): Promise<Answer | undefined> {
  const [probe = '', only, ...more] = path.split('/').slice(1);
  if (!PROBES.has(probe) || more.length > 0) return undefined;
  if (only) {
    const check = CHECKS[only];
    if (!check) return undefined;
    const why = await whyNotWell(examined, only, check);
    return why === undefined ? textAnswer('ok') : textAnswer(`internal server error: ${why}\n`, 500);
  }
  const excluded = query.getAll('exclude').filter((name) => name !== '');
  const lines: string[] = [];
  let allWell = true;
  for (const [name, check] of Object.entries(CHECKS)) {
    if (excluded.includes(name)) lines.push(`[+]${name} excluded: ok`);
    else if ((await whyNotWell(examined, name, check)) === undefined) lines.push(`[+]${name} ok`);
    else {
      // Anybody may ask: why it failed is told by the check alone, which is for the few.
      lines.push(`[-]${name} failed: reason withheld`);
      allWell = false;
    }
  }
  const unknown = excluded.filter((name) => !(name in CHECKS)).map((name) => JSON.stringify(name));
  if (unknown.length > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`);
  if (allWell && !query.has('verbose')) return textAnswer('ok');
  return textAnswer(`${lines.join('\n')}\n${probe} check ${allWell ? 'passed' : 'failed'}\n`, allWell ? 200 : 500);
}

async function whyNotWell({ api, clock, log }: Examined, name: string, check: Check): Promise<string | undefined> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = clock.after(LONGEST_CHECK, () => reject(new Error(`no answer in ${LONGEST_CHECK} ms`)));
  try {
    await Promise.race([check(api), tooLate]);
    return undefined;
  } catch (error) {
    const why = messageOf(error);
    log.warn({ check: name, error: why }, 'health check failed');
    return why;
  } finally {
    timer.cancel();
  }
}
