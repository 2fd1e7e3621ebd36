import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { Correlation } from '../../src/status/events/correlation.ts';

const MINUTE = 60_000;

/** Kubernetes' correlator, as its three caches: similar texts, events, and what a source may still write. */
class Model {
  readonly #similar = new Map<string, { texts: Set<string>; last: number }>();
  readonly #counts = new Map<string, number>();
  readonly #budgets = new Map<string, { tokens: number; at: number }>();

  tell({ object, part, reason, text }: Telling, now: number): { readonly text: string; readonly count: number } | undefined {
    const group = `${object} ${reason}`;
    let similar = this.#similar.get(group);
    if (!similar || now - similar.last > 10 * MINUTE) this.#similar.set(group, (similar = { texts: new Set(), last: now }));
    similar.last = now;
    similar.texts.add(text);
    const isCombined = similar.texts.size >= 10;
    // Kubernetes takes out any of them.
    if (isCombined) similar.texts.delete(text);
    const event = isCombined ? group : `${group} ${part} ${text}`;
    const count = (this.#counts.get(event) ?? 0) + 1;
    this.#counts.set(event, count);
    const budget = this.#budgets.get(object) ?? { tokens: 25, at: now };
    const tokens = Math.min(25, budget.tokens + (now - budget.at) / (5 * MINUTE));
    this.#budgets.set(object, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1 ? { text: isCombined ? '' : text, count } : undefined;
  }
}

const telling = fc.record({
  object: fc.constantFrom('a', 'a', 'a', 'b'),
  part: fc.constantFrom(undefined, 'spec.containers{c}'),
  reason: fc.constantFrom('Pulled', 'BackOff'),
  text: fc.nat({ max: 13 }).map((n) => `text ${n}`),
  // Whole tokens, so that nothing is a matter of rounding.
  passes: fc.constantFrom(0, 0, 0, 0, 5 * MINUTE, 15 * MINUTE),
});
interface Telling {
  readonly object: string;
  readonly part: string | undefined;
  readonly reason: string;
  readonly text: string;
  readonly passes: number;
}

test('what is told is counted, combined and held back as Kubernetes does it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(telling, { maxLength: 150, size: 'max' }), async (tellings: readonly Telling[]) => {
      const clock = new ManualClock(0);
      const correlation = new Correlation(clock, 100);
      const model = new Model();
      for (const each of tellings) {
        if (each.passes > 0) await clock.advance(each.passes);
        const object = { kind: 'Pod', name: each.object, namespace: 'default', uid: each.object, fieldPath: each.part };
        const known = correlation.admit({ object, type: 'Normal', reason: each.reason, message: each.text, at: clock.now() });
        expect(known && { text: known.text, count: known.count }).toEqual(model.tell(each, clock.now()));
      }
    }),
    { numRuns: 200, seed: 5 },
  );
});
