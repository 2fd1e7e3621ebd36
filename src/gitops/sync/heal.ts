import { doubled, type Clock, type Millis } from '../../base/index.ts';
import { formatPath, type IgnoreRule, type KubeObject, type Manifest } from '../../model/index.ts';
import { HISTORY_MANAGER } from '../apply/cause.ts';
import { MANAGER } from '../plan/changes.ts';
import { fieldsOf, fieldsOfOthers } from '../plan/ignore.ts';

/** Several changes of one hand merge into one repair. */
const FIRST_DELAY = 20;
const LONGEST_DELAY = 300_000;
/** An object that was left alone for so long starts over. */
const PEACE = 600_000;
const FIGHT = 4;

export interface Repair {
  readonly delayMs: Millis;
  /** It was put back so often that someone must be fighting over it. */
  readonly fight: boolean;
}

/** How soon drift of an object is put back: at once, and ever later while someone keeps undoing it. */
export class HealPace {
  readonly #clock: Clock;
  readonly #repairs = new Map<string, { count: number; last: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(identity: string): Repair {
    const now = this.#clock.now();
    const last = this.#repairs.get(identity);
    const count = last && now - last.last < PEACE ? last.count + 1 : 0;
    this.#repairs.set(identity, { count, last: now });
    if (this.#repairs.size > 10_000) this.#forgetPeaceful(now);
    const delayMs = count < 2 ? FIRST_DELAY : doubled(500, count - 1, LONGEST_DELAY);
    return { delayMs, fight: count >= FIGHT };
  }

  #forgetPeaceful(now: Millis): void {
    for (const [identity, { last }] of this.#repairs) if (now - last >= PEACE) this.#repairs.delete(identity);
  }
}

const OURS: ReadonlySet<string> = new Set([MANAGER, HISTORY_MANAGER]);

/** The fields that were ours and are not any more: paths, never values. */
export function lostFields(before: KubeObject | undefined, after: KubeObject | undefined): readonly string[] {
  if (!before || !after) return [];
  const left = new Set(fieldsOf(after as unknown as Manifest, MANAGER).map(formatPath));
  return fieldsOf(before as unknown as Manifest, MANAGER)
    .map(formatPath)
    .filter((path) => !left.has(path));
}

/** Whether somebody took nothing but what is left to others: that is no drift, only news. */
export function isLeftToOthers(before: KubeObject | undefined, after: KubeObject | undefined, rules: readonly IgnoreRule[] = []): boolean {
  const lost = lostFields(before, after);
  if (rules.length === 0 || lost.length === 0) return false;
  const theirs = fieldsOfOthers(after as unknown as Manifest, rules).map(formatPath);
  return lost.every((path) => theirs.some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`)));
}

/** Who made a change, as the managed fields tell. */
export function authorsOf(before: KubeObject | undefined, after: KubeObject | undefined): readonly string[] {
  const known = new Set((before?.metadata.managedFields ?? []).map((entry) => JSON.stringify(entry)));
  const changed = (after?.metadata.managedFields ?? [])
    .filter(({ manager }) => !OURS.has(manager))
    .filter((entry) => !known.has(JSON.stringify(entry)));
  return [...new Set(changed.map(({ manager }) => manager))];
}
