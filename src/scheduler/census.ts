import type { Selector } from '../model/index.ts';
import type { NodeView } from './nodeview.ts';
import type { PodTerm } from './podterm.ts';
import type { PodView } from './podview.ts';

/** Where pods of some sort are. What asks the same has the same key. */
export interface Question {
  readonly key: string;
  /** A label that all the pods have which it counts, where there is one: most pods need not be asked then. */
  readonly label?: Label;
  /** Whether parts of the cluster without any such pod are to be known too. */
  readonly everyPart?: boolean;
  counts(pod: PodView): boolean;
  /** The part of the cluster that the node belongs to; undefined: none. */
  domain(node: NodeView): string | undefined;
}

export type Label = readonly [name: string, value: string];

/** The label that a selector asks for by one value; the last one, since that of a template's version comes last. */
export function labelIn(selector: Selector | undefined): Label | undefined {
  const requirement = selector?.findLast(({ operator, values }) => operator === 'Equals' || (operator === 'In' && values.length === 1));
  return requirement && [requirement.key, requirement.values[0]!];
}

/** How many pods each part of the cluster has; a part without any stands there with 0 where the question asks for every part. */
export type Counts = ReadonlyMap<string, number>;

/** A term that pods on nodes bear against, or for, other pods: how many bear it in each part of the cluster. */
export interface Bearers {
  readonly term: PodTerm;
  /** Negative: they had rather be apart. */
  readonly weight: number;
  readonly counts: Counts;
}

interface Tally {
  readonly question: Question;
  readonly counts: Map<string, number>;
  readonly weight: number;
}

/** What is asked about one workload is asked again for its next pod; what nobody asks any more must not pile up, so the oldest go. */
const MOST_COUNTS = 1_000_000;
/** A tally weighs as much as so many counts, besides those that it begins with. */
const TALLY_WEIGHT = 100;
/** What a required affinity counts for when nodes are compared for the pods that it is about. */
const REQUIRED_WEIGHT = 1;

/**
 * Counts pods by the part of the cluster that they are in. A question is counted out once; from then on every pod that
 * comes or goes is counted, so that a cycle does not look at all pods.
 */
export class Census {
  readonly #tallies = new Map<string, Tally>();
  #weight = 0;
  /** By each of their labels, so that a question about a few pods does not look at all. Built when the first one is asked. */
  #placed: Placed | undefined;
  /** By the label of their questions, and by `''` those without one. */
  readonly #byLabel = new Map<string, Set<Tally>>();
  readonly #rejections = new Map<string, Bearers & { readonly counts: Map<string, number> }>();
  readonly #wishes = new Map<string, Bearers & { readonly counts: Map<string, number> }>();

  /** Required anti-affinities of the pods on nodes. */
  get rejections(): Iterable<Bearers> {
    return this.#rejections.values();
  }

  /** Their preferences, and their required affinities. */
  get wishes(): Iterable<Bearers> {
    return this.#wishes.values();
  }

  count(question: Question, nodes: readonly NodeView[]): Counts {
    const known = this.#tallies.get(question.key);
    if (known) return known.counts;
    const counts = question.label ? this.#countLabelled(question, question.label, nodes) : countOut(question, nodes);
    const tally = { question, counts, weight: TALLY_WEIGHT + counts.size };
    this.#tallies.set(question.key, tally);
    this.#weight += tally.weight;
    const bucket = labelKey(question.label);
    this.#byLabel.set(bucket, (this.#byLabel.get(bucket) ?? new Set()).add(tally));
    while (this.#weight > MOST_COUNTS && this.#tallies.size > 1) this.#drop(this.#tallies.values().next().value!);
    return tally.counts;
  }

  enter(pod: PodView, node: NodeView): void {
    this.#note(pod, node, 1);
  }

  leave(pod: PodView, node: NodeView): void {
    this.#note(pod, node, -1);
  }

  /** Nodes have changed, and with them the parts of the cluster. */
  forget(): void {
    this.#tallies.clear();
    this.#byLabel.clear();
    this.#weight = 0;
  }

  #countLabelled(question: Question, label: Label, nodes: readonly NodeView[]): Map<string, number> {
    const counts = emptyCounts(question, nodes);
    this.#placed ??= placedOn(nodes);
    for (const [pod, node] of this.#placed.get(labelKey(label)) ?? []) if (question.counts(pod)) add(counts, question, node, 1);
    return counts;
  }

  #drop(tally: Tally): void {
    const bucket = labelKey(tally.question.label);
    this.#tallies.delete(tally.question.key);
    this.#weight -= tally.weight;
    this.#byLabel.get(bucket)!.delete(tally);
    if (this.#byLabel.get(bucket)!.size === 0) this.#byLabel.delete(bucket);
  }

  #noteIn(tallies: ReadonlySet<Tally> | undefined, pod: PodView, node: NodeView, by: 1 | -1): void {
    if (tallies) for (const { question, counts } of tallies) if (question.counts(pod)) add(counts, question, node, by);
  }

  #note(pod: PodView, node: NodeView, by: 1 | -1): void {
    this.#noteIn(this.#byLabel.get(''), pod, node, by);
    for (const name in pod.labels) {
      const key = labelKey([name, pod.labels[name]!]);
      this.#noteIn(this.#byLabel.get(key), pod, node, by);
      if (this.#placed) note(this.#placed, key, pod, node, by);
    }
    for (const term of pod.antiAffinity.required) bear(this.#rejections, term, -REQUIRED_WEIGHT, node, by);
    for (const term of pod.affinity.required) bear(this.#wishes, term, REQUIRED_WEIGHT, node, by);
    for (const { term, weight } of pod.affinity.preferred) bear(this.#wishes, term, weight, node, by);
    for (const { term, weight } of pod.antiAffinity.preferred) bear(this.#wishes, term, -weight, node, by);
  }
}

const labelKey = (label: Label | undefined) => (label ? `${label[0]}=${label[1]}` : '');

type Placed = Map<string, Map<PodView, NodeView>>;

function placedOn(nodes: readonly NodeView[]): Placed {
  const placed: Placed = new Map();
  for (const node of nodes) {
    for (const pod of node.pods.values()) for (const name in pod.labels) note(placed, labelKey([name, pod.labels[name]!]), pod, node, 1);
  }
  return placed;
}

function note(placed: Placed, label: string, pod: PodView, node: NodeView, by: 1 | -1): void {
  const those = placed.get(label);
  if (by === 1) {
    if (those) those.set(pod, node);
    else placed.set(label, new Map([[pod, node]]));
  } else if (those?.delete(pod) && those.size === 0) placed.delete(label);
}

function countOut(question: Question, nodes: readonly NodeView[]): Map<string, number> {
  const counts = emptyCounts(question, nodes);
  for (const node of nodes) for (const pod of node.pods.values()) if (question.counts(pod)) add(counts, question, node, 1);
  return counts;
}

function emptyCounts({ everyPart, domain }: Question, nodes: readonly NodeView[]): Map<string, number> {
  const counts = new Map<string, number>();
  if (!everyPart) return counts;
  for (const node of nodes) {
    const part = domain(node);
    if (part !== undefined) counts.set(part, 0);
  }
  return counts;
}

function add(counts: Map<string, number>, { domain, everyPart }: Question, node: NodeView, by: 1 | -1): void {
  const part = domain(node);
  if (part === undefined) return;
  const count = (counts.get(part) ?? 0) + by;
  if (count === 0 && !everyPart) counts.delete(part);
  else counts.set(part, count);
}

function bear(
  all: Map<string, Bearers & { readonly counts: Map<string, number> }>,
  term: PodTerm,
  weight: number,
  node: NodeView,
  by: 1 | -1,
): void {
  const domain = node.labels[term.topologyKey];
  if (domain === undefined) return;
  const key = `${weight} ${term.key}`;
  let bearers = all.get(key);
  if (!bearers) all.set(key, (bearers = { term, weight, counts: new Map() }));
  const count = (bearers.counts.get(domain) ?? 0) + by;
  if (count > 0) bearers.counts.set(domain, count);
  else bearers.counts.delete(domain);
  if (bearers.counts.size === 0) all.delete(key);
}
