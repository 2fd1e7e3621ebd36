import type { Millis } from '../../base/index.ts';
import { durationMillis, milliUnits, wholeUnits } from '../../model/index.ts';
import type { Task } from '../tasks.ts';

/** How a pod's annotations say that its containers behave; with `.NAME` behind it, one of them. */
const START_AFTER = 'slipway.dev/start-after';
const RUN_FOR = 'slipway.dev/run-for';
const EXIT_CODE = 'slipway.dev/exit-code';
const STOP_AFTER = 'slipway.dev/stop-after';
const CPU_USAGE = 'slipway.dev/cpu-usage';
const MEMORY_USAGE = 'slipway.dev/memory-usage';

export type Annotations = Readonly<Record<string, string>>;

export interface Lifetime {
  readonly ms: Millis;
  readonly exitCode: number;
}

/** How long it takes to start, where it says so. */
export function startsAfter(annotations: Annotations, container: string): Millis | undefined {
  return readDuration(setting(annotations, START_AFTER, container));
}

export function saysWhenItStarts(annotations: Annotations): boolean {
  for (const name in annotations) if (name.startsWith(START_AFTER)) return true;
  return false;
}

/** How long work takes that ends by itself, if nothing is said. */
const TASK_MS: Readonly<Record<Task, Millis>> = { init: 0, job: 1000 };

/** Without one a container runs until it is stopped. */
export function lifetimeOf(annotations: Annotations, container: string, task?: Task): Lifetime | undefined {
  const ms = readDuration(setting(annotations, RUN_FOR, container)) ?? (task && TASK_MS[task]);
  const exitCode = Number(setting(annotations, EXIT_CODE, container) ?? 0);
  return ms === undefined ? undefined : { ms, exitCode: Number.isInteger(exitCode) ? exitCode : 0 };
}

/** How long it takes to obey TERM. */
export function stopsAfter(annotations: Annotations, container: string): Millis {
  return readDuration(setting(annotations, STOP_AFTER, container)) ?? 0;
}

/** What it uses all the time: nothing, unless it is said. */
export function usageSaid(annotations: Annotations, container: string): { readonly cores: number; readonly memoryBytes: number } {
  const cpu = setting(annotations, CPU_USAGE, container) ?? '0';
  const memory = setting(annotations, MEMORY_USAGE, container) ?? '0';
  return { cores: milliUnits(cpu) / 1000, memoryBytes: wholeUnits(memory) };
}

/** What is said of one container counts before what is said of all. */
export function setting(annotations: Annotations, name: string, container: string): string | undefined {
  return annotations[`${name}.${container}`] ?? annotations[name];
}

/** `5s`, `1m30s`, `250ms`; undefined when it is no duration, or one that is over already. */
function readDuration(text: string | undefined): Millis | undefined {
  const ms = text === undefined ? undefined : durationMillis(text);
  return ms !== undefined && ms >= 0 ? ms : undefined;
}
