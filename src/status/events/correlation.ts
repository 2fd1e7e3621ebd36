import type { Clock, Millis } from '../../base/index.ts';
import { Recent } from './recent.ts';
import type { Told } from './recorder.ts';

/** After as many different texts for one reason, the next ones share one event. */
const MOST_TEXTS = 10;
const TEXTS_FORGOTTEN_AFTER: Millis = 600_000;

/** An object may tell as many events at once, and one more in each interval. */
const BURST = 25;
const REFILL: Millis = 300_000;

interface Texts {
  readonly seen: Set<string>;
  last: Millis;
}

interface Allowance {
  tokens: number;
  at: Millis;
}

/** What becomes of something told: under which key it is counted, and with what text. */
export interface Correlated {
  readonly key: string;
  readonly message: string;
}

/** Keeps the number of events small, by the rules of Kubernetes' event correlator. */
export class Correlation {
  readonly #clock: Clock;
  readonly #texts: Recent<Texts>;
  readonly #allowances: Recent<Allowance>;

  /** So many objects and texts are remembered; the least recently told is forgotten first. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#texts = new Recent(most);
    this.#allowances = new Recent(most);
  }

  /** Undefined: too much has been said of this object of late, on this node. */
  admit(told: Told, node = ''): Correlated | undefined {
    const { uid, kind, namespace = '', name, fieldPath = '' } = told.object;
    const about = `${node}/${uid ?? `${kind}/${namespace}/${name}`}`;
    if (!this.#spend(about)) return undefined;
    const group = `${about}/${fieldPath}/${told.type}/${told.reason}`;
    if (this.#isOneTooMany(group, told.message)) return { key: group, message: `(combined from similar events): ${told.message}` };
    return { key: `${group}/${told.message}`, message: told.message };
  }

  #isOneTooMany(group: string, message: string): boolean {
    const now = this.#clock.now();
    const known = this.#texts.get(group);
    const texts = known && now - known.last <= TEXTS_FORGOTTEN_AFTER ? known : { seen: new Set<string>(), last: now };
    texts.last = now;
    if (texts.seen.size < MOST_TEXTS) texts.seen.add(message);
    this.#texts.set(group, texts);
    return texts.seen.size >= MOST_TEXTS;
  }

  #spend(about: string): boolean {
    const now = this.#clock.now();
    const known = this.#allowances.get(about) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, known.tokens + (now - known.at) / REFILL);
    const allowed = tokens >= 1;
    this.#allowances.set(about, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed;
  }
}
