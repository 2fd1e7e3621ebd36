import { nowhereIn, type Diagnosis } from './diagnosis.ts';
import { prepareFit } from './fit.ts';
import { judgeOf, type NoFit } from './judge.ts';
import type { NodeView } from './nodeview.ts';
import type { ClusterScore, Plugins } from './plugin.ts';
import type { PodView } from './podview.ts';
import { rangeOf } from './scale.ts';
import type { Snapshot } from './snapshot.ts';

/** Chance and fairness come from outside, so that the same arguments always choose the same node. */
export interface Draw {
  /** Breaks ties. */
  readonly seed: number;
  /** The node to begin with: on large clusters each cycle looks at other ones. */
  readonly start: number;
}

export type Choice =
  | { readonly kind: 'placed'; readonly node: NodeView; readonly examined: number }
  | { readonly kind: 'refused'; readonly diagnosis: Diagnosis; readonly examined: number };

export function chooseNode(pod: PodView, snapshot: Snapshot, plugins: Plugins, draw: Draw): Choice {
  const fit = prepareFit(pod, snapshot, plugins);
  if ('nowhere' in fit) return { kind: 'refused', diagnosis: nowhereIn(snapshot, fit), examined: 0 };
  const nominated = snapshot.node(snapshot.nominationOf(pod.key) ?? '');
  if (nominated && fit(nominated).fits) return { kind: 'placed', node: nominated, examined: 1 };
  const nodes = candidatesFor(pod, snapshot);
  const wanted = enough(nodes.length);
  const feasible: NodeView[] = [];
  const refusals = new Refusals();
  let examined = 0;
  for (; examined < nodes.length && feasible.length < wanted; examined++) {
    const node = nodes[(draw.start + examined) % nodes.length]!;
    const verdict = fit(node);
    if (verdict.fits) feasible.push(node);
    else refusals.note(node, verdict);
  }
  if (feasible.length === 0) return { kind: 'refused', diagnosis: refusals.diagnose(snapshot.nodes.length), examined };
  return { kind: 'placed', node: best(feasible, pod, snapshot, plugins, draw.seed), examined };
}

function candidatesFor(pod: PodView, snapshot: Snapshot): readonly NodeView[] {
  if (!pod.onlyNodes) return snapshot.nodes;
  return [...pod.onlyNodes].flatMap((name) => snapshot.node(name) ?? []);
}

const SMALL_CLUSTER = 100;

/** How many feasible nodes are compared: all of a small cluster, a share of a large one that falls from a half to a twentieth. */
export function enough(nodes: number): number {
  if (nodes <= SMALL_CLUSTER) return nodes;
  const percent = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(SMALL_CLUSTER, Math.floor((nodes * percent) / 100));
}

const NOT_NAMED = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

class Refusals {
  readonly #counts = new Map<NoFit, number>();
  readonly #preemptible: NodeView[] = [];
  #nodes = 0;

  note(node: NodeView, refusal: NoFit): void {
    this.#nodes++;
    this.#counts.set(refusal, (this.#counts.get(refusal) ?? 0) + 1);
    if (refusal.cure === 'preemption') this.#preemptible.push(node);
  }

  /** Nodes that were not looked at are those that the pod's affinity does not name. */
  diagnose(nodes: number): Diagnosis {
    const reasons = new Map<string, number>();
    const add = (reason: string, count: number) => reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    for (const [refusal, count] of this.#counts) for (const reason of refusal.reasons) add(reason, count);
    if (this.#nodes < nodes) add(NOT_NAMED, nodes - this.#nodes);
    const refusedBy = new Set(this.#counts.keys().map(({ by }) => by));
    return { nodes, reasons, refusedBy, preemptible: this.#preemptible };
  }
}

/** The highest score counts, then luck, then the name. */
function best(feasible: readonly NodeView[], pod: PodView, snapshot: Snapshot, plugins: Plugins, seed: number): NodeView {
  if (feasible.length === 1) return feasible[0]!;
  const totals = new Float64Array(feasible.length);
  const alone = judgeOf(pod.wants, plugins);
  for (let i = 0; i < totals.length; i++) totals[i] = alone.judge(feasible[i]!).points;
  for (const score of plugins.scores) if (score.scope === 'cluster') addScore(totals, feasible, score, pod, snapshot);
  let first = 0;
  let luck = mix(seed, feasible[0]!.ordinal);
  for (let i = 1; i < feasible.length; i++) {
    const lead = totals[i]! - totals[first]!;
    if (lead < 0) continue;
    const drawn = mix(seed, feasible[i]!.ordinal);
    if (lead === 0 && (drawn > luck || (drawn === luck && feasible[i]!.name > feasible[first]!.name))) continue;
    first = i;
    luck = drawn;
  }
  return feasible[first]!;
}

function addScore(totals: Float64Array, nodes: readonly NodeView[], score: ClusterScore, pod: PodView, snapshot: Snapshot): void {
  const rate = score.prepare(pod, snapshot, nodes);
  if (!rate) return;
  const { scale, weight } = score;
  if (!scale) {
    for (let i = 0; i < totals.length; i++) totals[i]! += weight * (rate(nodes[i]!) ?? 0);
    return;
  }
  const raw = nodes.map(rate);
  const range = rangeOf(raw);
  // Most nodes have the same.
  let last = raw[0];
  let points = weight * scale(last, range);
  for (let i = 0; i < totals.length; i++) {
    if (raw[i] !== last) points = weight * scale((last = raw[i]), range);
    totals[i]! += points;
  }
}

/** Spreads the seed over the nodes (the last steps of murmur3). */
function mix(seed: number, ordinal: number): number {
  let mixed = (seed ^ Math.imul(ordinal + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
