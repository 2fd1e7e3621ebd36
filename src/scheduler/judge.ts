import { oncePerObject } from '../base/index.ts';
import type { NodeView } from './nodeview.ts';
import type { Plugins, Verdict } from './plugin.ts';
import type { Wants } from './wants.ts';

/** A refusal, and the filter that it came from. */
export type NoFit = Extract<Verdict, { fits: false }> & { readonly by: string };
export type Fit = Extract<Verdict, { fits: true }> | NoFit;

export const FIT: Fit = { fits: true };

/** What a judge said of a node. */
export interface Judgement {
  readonly judge: Judge;
  readonly fit: Fit;
  /** The points of those scores that need no comparison with other nodes. */
  readonly points: number;
}

/**
 * The plugins that look at one node alone, for all pods that want the same. Each node keeps the judgement that it got last
 * until something about it changes: of many like pods in a row, each has only those nodes judged that others have gone to.
 */
export class Judge {
  readonly #checks: readonly Check[];
  readonly #scores: readonly { readonly weight: number; rate(node: NodeView): number }[];

  constructor(wants: Wants, { filters, scores }: Plugins) {
    this.#checks = filters.flatMap((filter) => {
      const check = filter.scope === 'node' ? filter.prepare(wants) : undefined;
      return check ? [new Check(filter.name, check)] : [];
    });
    this.#scores = scores.flatMap((score) => {
      const rate = score.scope === 'node' ? score.prepare(wants) : undefined;
      return rate ? [{ weight: score.weight, rate }] : [];
    });
  }

  judge(node: NodeView): Judgement {
    const known = node.judgement;
    if (known?.judge === this) return known;
    const fit = runAll(this.#checks, node);
    let points = 0;
    if (fit.fits) for (const { weight, rate } of this.#scores) points += weight * rate(node);
    return (node.judgement = { judge: this, fit, points });
  }
}

const judges = oncePerObject((plugins: Plugins) => oncePerObject((wants: Wants) => new Judge(wants, plugins)));

export function judgeOf(wants: Wants, plugins: Plugins): Judge {
  return judges(plugins)(wants);
}

/** A filter that was prepared. */
export class Check {
  readonly #by: string;
  readonly #check: (node: NodeView) => Verdict;
  /** Most refusals are one of a few: they are named once, and not for every node. */
  readonly #named = new WeakMap<Verdict, NoFit>();

  constructor(by: string, check: (node: NodeView) => Verdict) {
    this.#by = by;
    this.#check = check;
  }

  run(node: NodeView): Fit {
    const verdict = this.#check(node);
    if (verdict.fits) return FIT;
    let refusal = this.#named.get(verdict);
    if (!refusal) this.#named.set(verdict, (refusal = { ...verdict, by: this.#by }));
    return refusal;
  }
}

/** The first that refuses gives its reasons. */
export function runAll(checks: readonly Check[], node: NodeView): Fit {
  for (const check of checks) {
    const fit = check.run(node);
    if (!fit.fits) return fit;
  }
  return FIT;
}
