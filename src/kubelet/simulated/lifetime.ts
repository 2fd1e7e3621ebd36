import type { Millis } from '../../base/index.ts';

/** How a pod's annotations say that its containers behave; with `.NAME` behind it, one of them. */
const RUN_FOR = 'slipway.dev/run-for';
const EXIT_CODE = 'slipway.dev/exit-code';
const STOP_AFTER = 'slipway.dev/stop-after';

type Annotations = Readonly<Record<string, string>>;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export interface Lifetime {
  readonly ms: Millis;
  readonly exitCode: number;
}

/** Without one a container runs until it is stopped. */
export function lifetimeOf(annotations: Annotations, container: string): Lifetime | undefined {
  const ms = parseDuration(setting(annotations, RUN_FOR, container));
  const exitCode = Number(setting(annotations, EXIT_CODE, container) ?? 0);
  return ms === undefined ? undefined : { ms, exitCode: Number.isInteger(exitCode) ? exitCode : 0 };
}

/** How long it takes to obey TERM. */
export function stopsAfter(annotations: Annotations, container: string): Millis {
  return parseDuration(setting(annotations, STOP_AFTER, container)) ?? 0;
}

function setting(annotations: Annotations, name: string, container: string): string | undefined {
  return annotations[`${name}.${container}`] ?? annotations[name];
}

/** `5s`, `1m30s`, `250ms`; undefined when it is no duration. */
function parseDuration(text: string | undefined): Millis | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}
