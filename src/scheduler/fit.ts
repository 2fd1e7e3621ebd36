import { Hypothesis } from './hypothesis.ts';
import type { NodeView } from './nodeview.ts';
import type { Filter, Nowhere, Verdict } from './plugin.ts';
import type { PodView } from './podview.ts';
import type { Snapshot } from './snapshot.ts';

/** A refusal, and the filter that it came from. */
export type NoFit = Extract<Verdict, { fits: false }> & { readonly by: string };
export type Fit = Extract<Verdict, { fits: true }> | NoFit;

const ALL_FIT: Fit = { fits: true };

interface Check {
  readonly by: string;
  check(node: NodeView): Verdict;
  /** Most verdicts are one of a few: they are named once, and not for every node. */
  named?: Map<Verdict, NoFit>;
}

/**
 * What the filters together say about the pod on a node. Where others of no lower priority are to come, it must fit with
 * them and, since one that it wants to be near may never come, without them.
 */
export function prepareFit(pod: PodView, snapshot: Snapshot, filters: readonly Filter[]): ((node: NodeView) => Fit) | Nowhere {
  const checks = prepareAll(pod, snapshot, filters);
  if ('nowhere' in checks) return checks;
  return (node) => {
    const expected = expectedOn(node, pod, snapshot);
    if (expected.length > 0) {
      const crowded = fitAmong(pod, new Hypothesis(snapshot, node, { added: expected }), filters);
      if (!crowded.fits) return crowded;
    }
    return run(checks, node);
  };
}

/** Pods that will come to the node, and that this one must leave room for. */
export function expectedOn(node: NodeView, pod: PodView, snapshot: Snapshot): readonly PodView[] {
  const nominated = snapshot.nominated(node.name);
  return nominated.length === 0 ? nominated : nominated.filter((other) => other.key !== pod.key && other.priority >= pod.priority);
}

/** What they say of the changed node of a hypothesis. */
export function fitAmong(pod: PodView, hypothesis: Hypothesis, filters: readonly Filter[]): Fit {
  const checks = prepareAll(pod, hypothesis, filters);
  if ('nowhere' in checks) return { fits: false, by: '', reasons: [checks.nowhere], cure: 'none' };
  return run(checks, hypothesis.changed);
}

function prepareAll(pod: PodView, snapshot: Snapshot, filters: readonly Filter[]): readonly Check[] | Nowhere {
  const checks: Check[] = [];
  for (const filter of filters) {
    const check = filter.prepare(pod, snapshot);
    if (!check) continue;
    if ('nowhere' in check) return check;
    checks.push({ by: filter.name, check });
  }
  return checks;
}

function run(checks: readonly Check[], node: NodeView): Fit {
  for (const check of checks) {
    const verdict = check.check(node);
    if (verdict.fits) continue;
    const named = (check.named ??= new Map());
    let refusal = named.get(verdict);
    if (!refusal) named.set(verdict, (refusal = { ...verdict, by: check.by }));
    return refusal;
  }
  return ALL_FIT;
}
