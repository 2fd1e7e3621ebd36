import { matches, parseTime, selectorFrom, type PodDisruptionBudget } from '../model/index.ts';
import { conditionOf } from '../status/index.ts';
import { countedNodes, type Diagnosis } from './diagnosis.ts';
import { expectedOn, fitAmong } from './fit.ts';
import { Hypothesis } from './hypothesis.ts';
import type { NodeView } from './nodeview.ts';
import type { Plugins } from './plugin.ts';
import type { PodView } from './podview.ts';
import type { Snapshot } from './snapshot.ts';

/** The pods that make room on a node when they go. */
export interface Preemption {
  readonly node: NodeView;
  readonly victims: readonly PodView[];
  /** How many of them a disruption budget would rather keep. */
  readonly violations: number;
}

/** Why nobody makes room. */
export interface NoPreemption {
  readonly why: string;
  /** Whether it was looked for: then none is being made either. */
  readonly isFutile: boolean;
}

/** The reason of a victim's condition. */
export const PREEMPTED = 'PreemptionByScheduler';

const NO_VICTIMS = 'No preemption victims found for incoming pod';
const NO_HELP = 'Preemption is not helpful for scheduling';

/** On a large cluster a tenth of the nodes is tried, and never fewer than this. */
const FEWEST_TRIED = 100;

/** Finds the node where room can be made at the least cost, or says why there is none. */
export function choosePreemption(pod: PodView, diagnosis: Diagnosis, snapshot: Snapshot, plugins: Plugins): Preemption | NoPreemption {
  const why = notEligible(pod, diagnosis, snapshot);
  if (why) return { why, isFutile: false };
  const { nodes, preemptible } = diagnosis;
  const reasons = new Map(nodes > preemptible.length ? [[NO_HELP, nodes - preemptible.length]] : []);
  const wanted = Math.max(FEWEST_TRIED, Math.floor(nodes / 10));
  const found: Preemption[] = [];
  const isLowest = !snapshot.hasBelow(pod.priority);
  if (isLowest && preemptible.length > 0) reasons.set(NO_VICTIMS, preemptible.length);
  for (const node of isLowest ? [] : preemptible) {
    // Among many, one that breaks no budget is worth the search.
    if (found.length >= wanted && found.some(({ violations }) => violations === 0)) break;
    const preemption = makeRoom(pod, node, snapshot, plugins);
    if ('victims' in preemption) found.push(preemption);
    else for (const why of preemption.reasons) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  return cheapest(found) ?? { why: countedNodes(nodes, reasons), isFutile: true };
}

/** While somebody makes room for it where it is to go, nobody else need; but not where it cannot go any more. */
function notEligible(pod: PodView, { preemptible }: Diagnosis, snapshot: Snapshot): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = snapshot.node(snapshot.nominationOf(pod.key) ?? '');
  if (!nominated || !preemptible.includes(nominated)) return undefined;
  const isGoing = nominated.pods.values().some((other) => other.priority < pod.priority && makesRoom(other));
  return isGoing ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

function makesRoom({ isTerminating, pod }: PodView): boolean {
  return isTerminating && conditionOf(pod.status?.conditions, 'DisruptionTarget')?.reason === PREEMPTED;
}

/** Takes all pods of lower priority away, and gives back as many as there is room for, the most important first. */
function makeRoom(
  pod: PodView,
  node: NodeView,
  snapshot: Snapshot,
  plugins: Plugins,
): Preemption | { readonly reasons: readonly string[] } {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return { reasons: [NO_VICTIMS] };
  const added = expectedOn(node, pod, snapshot);
  const without = (removed: readonly PodView[]) => fitAmong(pod, new Hypothesis(snapshot, node, { added, removed }), plugins);
  const emptied = without(lower);
  if (!emptied.fits) return { reasons: emptied.reasons };
  const kept = protectedPods(lower, snapshot);
  const victims = new Set(lower);
  for (const candidate of lower.toSorted((a, b) => Number(kept.has(b)) - Number(kept.has(a)) || byImportance(a, b))) {
    victims.delete(candidate);
    if (!without([...victims]).fits) victims.add(candidate);
  }
  if (victims.size === 0) return { reasons: [NO_VICTIMS] };
  const chosen = [...victims].toSorted(byImportance);
  return { node, victims: chosen, violations: chosen.filter((victim) => kept.has(victim)).length };
}

/** Higher priority first, then whoever runs the longest. */
function byImportance(a: PodView, b: PodView): number {
  return b.priority - a.priority || startOf(a) - startOf(b);
}

/** However long ago a pod was made: until it starts, it has run the shortest. */
const startOf = ({ pod }: PodView) => parseTime(pod.status?.startTime) ?? Number.MAX_SAFE_INTEGER;

/** Those that no budget could spare if the more important ones went first. */
function protectedPods(pods: readonly PodView[], { surroundings }: Snapshot): ReadonlySet<PodView> {
  const left = new Map<PodDisruptionBudget, number>();
  const violating = new Set<PodView>();
  for (const pod of pods.toSorted(byImportance)) {
    for (const budget of surroundings.budgets(pod.namespace).filter((each) => guards(each, pod))) {
      const allowed = (left.get(budget) ?? budget.status?.disruptionsAllowed ?? 0) - 1;
      left.set(budget, allowed);
      if (allowed < 0) violating.add(pod);
    }
  }
  return violating;
}

/** A pod that is on its way out already is counted by its budget. */
function guards({ spec, status }: PodDisruptionBudget, { pod, labels }: PodView): boolean {
  const selector = selectorFrom(spec?.selector);
  return selector !== undefined && selector.length > 0 && matches(selector, labels) && !status?.disruptedPods?.[pod.metadata.name];
}

function cheapest(found: readonly Preemption[]): Preemption | undefined {
  return found.toSorted(byCost)[0];
}

/** As Kubernetes sums: from the lowest priority that there is, so that a pod more always counts for more. */
const sumOf = (victims: readonly PodView[]) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0);

/** Few broken budgets, a low highest priority, few pods, low priorities, and of the most important ones those that have run the shortest. */
function byCost(a: Preemption, b: Preemption): number {
  const [first, second] = [a.victims, b.victims];
  return (
    a.violations - b.violations ||
    first[0]!.priority - second[0]!.priority ||
    sumOf(first) - sumOf(second) ||
    first.length - second.length ||
    earliestStart(second) - earliestStart(first) ||
    (a.node.name < b.node.name ? -1 : 1)
  );
}

function earliestStart(victims: readonly PodView[]): number {
  return Math.min(...victims.filter(({ priority }) => priority === victims[0]!.priority).map(startOf));
}
