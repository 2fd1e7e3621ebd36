import { equalJson, isRecord, ownMember } from '../../base/index.ts';
import type { ListShape, Shape } from '../../model/index.ts';
import { ANY } from './fields.ts';
import { itemStep, type Step } from './step.ts';

/**
 * The live value with a configuration laid over it: what the configuration names takes its value, all else stays. Gives
 * the live value itself, as a whole and in its parts, where the configuration changes nothing.
 */
export function mergeConfiguration(live: unknown, applied: unknown, shape: Shape): unknown {
  if (applied === undefined || live === applied) return live;
  if (live === undefined) return applied;
  if (shape.type === 'list' && shape.list !== 'atomic') {
    if (Array.isArray(live) && live.length > 0 && isNothing(applied)) return live;
    if (Array.isArray(live) && Array.isArray(applied)) return mergeItems(live, applied, shape);
  } else if (shape.type !== 'scalar' && shape.type !== 'list' && !shape.atomic) {
    if (isRecord(live) && isRecord(applied)) return mergeMembers(live, applied, shape);
    if (isRecord(live) && applied === null && Object.keys(live).length > 0) return live;
  }
  return equalJson(live, applied) ? live : applied;
}

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

function mergeMembers(live: Record<string, unknown>, applied: Record<string, unknown>, shape: Exclude<Shape, ListShape>): unknown {
  let merged: Record<string, unknown> | undefined;
  for (const name in applied) {
    const below = shape.type === 'struct' ? (shape.field(name) ?? ANY) : shape.type === 'map' ? shape.of : ANY;
    const old = ownMember(live, name);
    const value = mergeConfiguration(old, applied[name], below);
    if (value === old || name === '__proto__' || (old === undefined && isLeftOut(shape, name, value, below))) continue;
    (merged ??= { ...live })[name] = value;
  }
  return merged ?? live;
}

/** Null, and mostly a map or list without anything in it: an object leaves them out, so setting one changes nothing. */
export function isLeftOut(owner: Shape, name: string, value: unknown, field: Shape): boolean {
  if (value === null) return true;
  const isEmpty = field.type === 'list' ? isNothing(value) : field.type === 'map' && isRecord(value) && Object.keys(value).length === 0;
  return isEmpty && (owner.type !== 'struct' || (owner.leavesOutEmpty?.(name) ?? true));
}

/**
 * Items in the order of the configuration, with the live object's own items where they stood between them. An item that
 * the live list holds twice has no value to merge with.
 */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], list: ListShape): unknown {
  const [liveSteps, appliedSteps] = [stepsOf(live, list), stepsOf(applied, list)];
  const liveItems = uniqueItems(live, liveSteps);
  const isApplied = new Set(appliedSteps);
  const shared = appliedSteps.filter((step) => liveItems.has(step));
  const done = new Set<Step | undefined>();
  const merged: unknown[] = [];
  const take = (i: number): void => {
    const step = appliedSteps[i];
    merged.push(mergeConfiguration(liveItems.get(step), applied[i], list.of));
    done.add(step);
    if (shared[0] === step) shared.shift();
  };
  for (let l = 0, a = 0; l < live.length || a < applied.length;) {
    const step = liveSteps[l];
    if (l < live.length && a < applied.length) {
      if (step === appliedSteps[a]) {
        take(a++);
        l++;
        continue;
      }
      if (isApplied.has(step) && shared.length > 0 && shared[0] !== step) {
        l++;
        continue;
      }
    }
    if (l < live.length) {
      if (!isApplied.has(step)) {
        merged.push(live[l++]);
        continue;
      }
      if (done.has(step)) l++;
    }
    if (a < applied.length) take(a++);
  }
  return merged.length === live.length && merged.every((item, i) => item === live[i]) ? live : merged;
}

const stepsOf = (items: readonly unknown[], list: ListShape): readonly (Step | undefined)[] => items.map((item) => itemStep(item, list));

function uniqueItems(items: readonly unknown[], steps: readonly (Step | undefined)[]): ReadonlyMap<Step | undefined, unknown> {
  const unique = new Map<Step | undefined, unknown>();
  for (const [i, step] of steps.entries()) unique.set(step, unique.has(step) ? undefined : items[i]);
  return unique;
}
