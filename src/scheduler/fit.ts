import { Hypothesis } from './hypothesis.ts';
import { Check, judgeOf, runAll, type Fit } from './judge.ts';
import type { NodeView } from './nodeview.ts';
import type { Nowhere, Plugins } from './plugin.ts';
import type { PodView } from './podview.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What the filters together say about the pod on a node. Where others of no lower priority are to come, it must fit with
 * them and, since one that it wants to be near may never come, without them.
 */
export function prepareFit(pod: PodView, snapshot: Snapshot, plugins: Plugins): ((node: NodeView) => Fit) | Nowhere {
  const alone = judgeOf(pod.wants, plugins);
  const among = prepareAmong(pod, snapshot, plugins);
  if ('nowhere' in among) return among;
  return (node) => {
    const expected = expectedOn(node, pod, snapshot);
    if (expected.length > 0) {
      const crowded = fitAmong(pod, new Hypothesis(snapshot, node, { added: expected }), plugins);
      if (!crowded.fits) return crowded;
    }
    const { fit } = alone.judge(node);
    return fit.fits ? runAll(among, node) : fit;
  };
}

/** Pods that will come to the node, and that this one must leave room for. */
export function expectedOn(node: NodeView, pod: PodView, snapshot: Snapshot): readonly PodView[] {
  const nominated = snapshot.nominated(node.name);
  return nominated.length === 0 ? nominated : nominated.filter((other) => other.key !== pod.key && other.priority >= pod.priority);
}

/** What they say of the changed node of a hypothesis. */
export function fitAmong(pod: PodView, hypothesis: Hypothesis, plugins: Plugins): Fit {
  const { fit } = judgeOf(pod.wants, plugins).judge(hypothesis.changed);
  if (!fit.fits) return fit;
  const among = prepareAmong(pod, hypothesis, plugins);
  if ('nowhere' in among) return { fits: false, by: '', reasons: [among.nowhere], cure: 'none' };
  return runAll(among, hypothesis.changed);
}

/** Whether every filter that looks at one node alone lets the pod onto this one, also with those that are to come. */
export function fitsAlone(pod: PodView, node: NodeView, snapshot: Snapshot, plugins: Plugins): boolean {
  const judge = judgeOf(pod.wants, plugins);
  const expected = expectedOn(node, pod, snapshot);
  if (expected.length > 0 && !judge.judge(new Hypothesis(snapshot, node, { added: expected }).changed).fit.fits) return false;
  return judge.judge(node).fit.fits;
}

/** The filters that look at the whole cluster. */
function prepareAmong(pod: PodView, snapshot: Snapshot, { filters }: Plugins): readonly Check[] | Nowhere {
  const checks: Check[] = [];
  for (const filter of filters) {
    const check = filter.scope === 'cluster' ? filter.prepare(pod, snapshot) : undefined;
    if (!check) continue;
    if ('nowhere' in check) return check;
    checks.push(new Check(filter.name, check));
  }
  return checks;
}
