import type { Clock, Millis } from '../../base/index.ts';
import { Recent } from './recent.ts';
import type { Told } from './recorder.ts';

/** After as many different texts for one reason, the next ones share one event. */
const MOST_TEXTS = 10;
const TEXTS_FORGOTTEN_AFTER: Millis = 600_000;

/** An object may tell as many events at once, and one more in each interval. */
const BURST = 25;
const REFILL: Millis = 300_000;

/** An event that may have been written, to be counted when it repeats. */
export interface Known {
  readonly text: string;
  /** It stands for many texts. */
  readonly isCombined: boolean;
  /** When its text was last among the different ones. */
  round: number;
  /** Of the event that was written last; undefined as long as there is none. */
  written: { readonly name: string; readonly count: number } | undefined;
}

/** What was told of one object for one reason. */
interface Topic {
  readonly fieldPath: string | undefined;
  readonly type: string;
  readonly reason: string;
  readonly events: Known[];
  combined: Known | undefined;
  /** Different texts of this round, which ends with a long silence. */
  texts: number;
  round: number;
  last: Millis;
}

/** What was told of one object. */
interface Subject {
  tokens: number;
  at: Millis;
  readonly topics: Topic[];
}

/** Keeps the number of events small, by the rules of Kubernetes' event correlator. */
export class Correlation {
  readonly #clock: Clock;
  readonly #subjects: Recent<Subject>;

  /** So many objects are remembered; the least recently told of is forgotten first. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#subjects = new Recent(most);
  }

  /** As which event it counts. Undefined: too much has been said of this object of late, on this node. */
  admit(told: Told, node = ''): Known | undefined {
    const { uid, kind, namespace = '', name } = told.object;
    const about = `${node}/${uid ?? `${kind}/${namespace}/${name}`}`;
    const now = this.#clock.now();
    const subject = this.#subjects.get(about) ?? { tokens: BURST, at: now, topics: [] };
    this.#subjects.set(about, subject);
    return spend(subject, now) ? eventOf(topicOf(subject, told, now), told.message, now) : undefined;
  }
}

function spend(subject: Subject, now: Millis): boolean {
  const tokens = Math.min(BURST, subject.tokens + (now - subject.at) / REFILL);
  const allowed = tokens >= 1;
  subject.tokens = allowed ? tokens - 1 : tokens;
  subject.at = now;
  return allowed;
}

function topicOf({ topics }: Subject, { object: { fieldPath }, type, reason }: Told, now: Millis): Topic {
  for (const topic of topics) if (topic.reason === reason && topic.fieldPath === fieldPath && topic.type === type) return topic;
  const topic: Topic = { fieldPath, type, reason, events: [], combined: undefined, texts: 0, round: 1, last: now };
  topics.push(topic);
  return topic;
}

function eventOf(topic: Topic, text: string, now: Millis): Known {
  if (now - topic.last > TEXTS_FORGOTTEN_AFTER) {
    topic.texts = 0;
    topic.round++;
  }
  topic.last = now;
  const known = topic.events.find((event) => event.text === text);
  if (known?.round !== topic.round && topic.texts < MOST_TEXTS) topic.texts++;
  if (topic.texts >= MOST_TEXTS) return (topic.combined ??= { text: '', isCombined: true, round: 0, written: undefined });
  if (known) {
    known.round = topic.round;
    return known;
  }
  const event: Known = { text, isCombined: false, round: topic.round, written: undefined };
  topic.events.push(event);
  if (topic.events.length > MOST_TEXTS) topic.events.shift();
  return event;
}
