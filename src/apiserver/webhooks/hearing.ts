import { equalJson, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { Kind, Manifest } from '../../model/index.ts';
import { aboutOf, convert, isSelected, meantAs, shownOf, wantsToKnow, type Question, type Surroundings } from '../admission/index.ts';
import { applyOperations, type JsonPatchOperation } from '../patch/index.ts';
import { heed, internal, type Answer } from './answer.ts';
import type { Hook, Hooks } from './hooks.ts';

/** One question to one webhook. */
export interface Ask {
  readonly hook: Hook;
  readonly mutating: boolean;
  readonly request: Readonly<Record<string, unknown>>;
}

/** Thrown where a write cannot go on without answers. Nothing has been written yet. */
export class Unheard extends Error {
  readonly asks: readonly Ask[];

  constructor(asks: readonly Ask[]) {
    super('webhooks are to be asked first');
    this.asks = asks;
  }
}

/** How the server makes an object of what a webhook left. */
interface Making {
  /** Read, with its defaults, and with what nobody may change. */
  readonly remake: (patched: Manifest, as: Kind) => Manifest;
  /** By the server's own steps, and by policies that want to, which see what others did. */
  readonly again: (object: Manifest) => Manifest;
  /** Whether policies changed it already. */
  readonly isChanged: boolean;
}

/**
 * The answers for one write. The verbs run in one turn, and webhooks answer in another: so a verb that needs an answer is
 * given up, and run anew once it is there. Each run sees the same time and the same chance, so that it asks the same; what
 * has changed in the cluster meanwhile is seen too, and asked about again where the answer may hang on it.
 */
export class Hearing {
  readonly #hooks: Hooks;
  readonly #answers = new Map<string, Answer>();
  readonly random: Random;
  readonly clock: Pick<Clock, 'now'>;
  readonly #rewind: () => void;

  constructor(hooks: Hooks, random: Random, now: Millis) {
    this.#hooks = hooks;
    const { rewound, rewind } = recorded(random);
    this.random = rewound;
    this.#rewind = rewind;
    this.clock = { now: () => now };
  }

  /** Before each run. */
  begin(): void {
    this.#rewind();
  }

  hear({ hook, mutating, request }: Ask, answer: Answer): void {
    this.#answers.set(keyOf(hook, mutating, JSON.stringify(request)), answer);
  }

  /** The object as webhooks change it, each seeing what those before it did; those that want to are asked again about what came later. */
  mutate(
    question: Question,
    around: Surroundings,
    { remake, again: takeAgain, isChanged }: Making,
  ): { readonly object: Manifest; readonly warnings: readonly string[] } {
    const warnings: string[] = [];
    let object = question.object!;
    const again = new Set<Hook>();
    const stale = new Set<Hook>();
    const changed = (next: Manifest) => {
      object = next;
      again.forEach((hook) => stale.add(hook));
    };
    const ask = (hook: Hook) => {
      const present = { ...question, object };
      const as = this.#shownAs(hook, present, around);
      if (!as) return;
      const { warnings: said, patch } = heed(hook, this.#answer({ hook, mutating: true, request: requestOf(present, as) }));
      warnings.push(...said);
      if (patch.length > 0) {
        const next = remake(patched(object, patch, question.kind, as), as);
        if (!equalJson(next, object)) changed(next);
      }
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') again.add(hook);
    };
    this.#hooks.mutating.forEach(ask);
    if (object === question.object && !isChanged) return { object, warnings };
    const after = takeAgain(object);
    if (!equalJson(after, object)) changed(after);
    const late = [...stale];
    again.clear();
    late.forEach(ask);
    return { object, warnings };
  }

  /** What those say who judge: all are asked at once, and the first refusal is the one that is told. */
  judge(question: Question, around: Surroundings): readonly string[] {
    return this.#askAll(this.#hooks.validating, false, question, around);
  }

  /** Of a delete, and of what is no version of an object, nothing can be changed; all webhooks are asked. */
  attend(question: Question, around: Surroundings): readonly string[] {
    return [...this.#askAll(this.#hooks.mutating, true, question, around), ...this.judge(question, around)];
  }

  #askAll(hooks: readonly Hook[], mutating: boolean, question: Question, around: Surroundings): readonly string[] {
    const asks = hooks.flatMap((hook): readonly Ask[] => {
      const as = this.#shownAs(hook, question, around);
      return as ? [{ hook, mutating, request: requestOf(question, as) }] : [];
    });
    const answers = asks.map((ask) => this.#known(ask));
    const open = asks.filter((_, i) => !answers[i]);
    if (open.length > 0) throw new Unheard(open);
    return asks.flatMap(({ hook }, i) => {
      const { warnings, patch } = heed(hook, answers[i]!);
      if (patch.length === 0) return warnings;
      const name = JSON.stringify(hook.webhook.name);
      throw internal(`admission webhook ${name} attempted to modify the object, which is not supported for this operation`);
    });
  }

  #shownAs({ webhook }: Hook, question: Question, around: Surroundings): Kind | undefined {
    if (EXEMPT_GROUPS.has(question.kind.group)) return undefined;
    const { rules = [], matchPolicy } = webhook;
    const as = meantAs({ rules, matchPolicy }, question, around);
    return as && isSelected(webhook, question, around) && wantsToKnow(webhook, question, as, around) ? as : undefined;
  }

  #answer(ask: Ask): Answer {
    const known = this.#known(ask);
    if (!known) throw new Unheard([ask]);
    return known;
  }

  #known({ hook, mutating, request }: Ask): Answer | undefined {
    return this.#answers.get(keyOf(hook, mutating, JSON.stringify(request)));
  }
}

/** Nobody may lock others out of these, or the project out of what it keeps of itself. */
const EXEMPT_GROUPS: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'slipway.dev']);

/** The `request` of an AdmissionReview, but for its uid. */
const requestOf = (question: Question, as: Kind): Ask['request'] => ({ ...aboutOf(question, as), ...shownOf(question, as) });

const keyOf = ({ configuration, webhook }: Hook, mutating: boolean, request: string) =>
  `${mutating}/${configuration}/${webhook.name}/${request}`;

function patched(object: Manifest, patch: readonly JsonPatchOperation[], kind: Kind, as: Kind): Manifest {
  const shown = { ...convert(kind, as, object), kind: as.kind, apiVersion: as.group ? `${as.group}/${as.version}` : as.version };
  try {
    return applyOperations(shown, patch) as Manifest;
  } catch (error) {
    throw internal((error as Error).message);
  }
}

/** Chance that can be had again from the start. */
function recorded(random: Random): { readonly rewound: Random; readonly rewind: () => void } {
  const fractions = drawn(() => random.fraction());
  const texts = drawn<string, [number]>((digits) => random.hex(digits));
  return {
    rewound: { fraction: fractions.draw, hex: texts.draw },
    rewind: () => {
      fractions.rewind();
      texts.rewind();
    },
  };
}

function drawn<T, A extends readonly unknown[] = []>(fresh: (...args: A) => T) {
  const known: T[] = [];
  let next = 0;
  return {
    draw: (...args: A): T => {
      if (next === known.length) known.push(fresh(...args));
      return known[next++]!;
    },
    rewind: () => void (next = 0),
  };
}
