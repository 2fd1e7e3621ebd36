import { messageOf } from '../../base/index.ts';
import type { Api } from '../api.ts';
import { textAnswer, type Answer } from './message.ts';

/** What must hold for the server to be of use. A check that throws has failed. */
type Check = (api: Api) => void | Promise<void>;

const CHECKS: Readonly<Record<string, Check>> = {
  ping: () => {},
  journal: (api) => api.durable(api.revision),
};

const PROBES = new Set(['healthz', 'livez', 'readyz']);

/** `/readyz`, `/readyz?verbose`, `/readyz/journal`. Undefined: no such path. */
export async function health(api: Api, path: string, query: URLSearchParams): Promise<Answer | undefined> {
  const [probe = '', only, ...more] = path.split('/').slice(1);
  if (!PROBES.has(probe) || more.length > 0) return undefined;
  const names = only ? [only] : Object.keys(CHECKS);
  if (names.some((name) => !(name in CHECKS))) return undefined;
  const skipped = query.getAll('exclude');
  const lines: string[] = [];
  let isWell = true;
  for (const name of names) {
    const problem = skipped.includes(name) ? undefined : await outcome(CHECKS[name]!, api);
    if (problem !== undefined) isWell = false;
    lines.push(
      skipped.includes(name) ? `[+]${name} excluded: ok` : problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
    );
  }
  if (isWell && !query.has('verbose')) return textAnswer('ok');
  return textAnswer(`${lines.join('\n')}\n${probe} check ${isWell ? 'passed' : 'failed'}\n`, isWell ? 200 : 500);
}

async function outcome(check: Check, api: Api): Promise<string | undefined> {
  try {
    await check(api);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
