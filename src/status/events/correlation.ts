import type { Clock, Millis } from '../../base/index.ts';
import { Recent } from './recent.ts';
import type { Happening } from './desk.ts';

/** So many different texts for one reason are too many: those beyond share one event. */
const MOST_TEXTS = 10;
const TEXTS_FORGOTTEN_AFTER: Millis = 600_000;

/** An object may tell as many events at once, and one more in each interval. */
const BURST = 25;
const REFILL: Millis = 300_000;

/** One object's events for one reason: more are seldom told of its parts, and the one that was not told for longest goes first. */
const MOST_EVENTS = 32;

/** What was told, to be counted when it repeats. */
export interface Known {
  readonly text: string;
  readonly fieldPath: string | undefined;
  /** It stands for many texts. */
  readonly isCombined: boolean;
  readonly first: Millis;
  /** How often it was told, also when that was not written. */
  count: number;
  /** Of the event that says so, once there is one. */
  name: string | undefined;
  /** Its text is one of those that may be too many. */
  isOfLate: boolean;
}

/** What was told of one object for one reason. */
interface Topic {
  readonly type: string;
  readonly reason: string;
  /** Told last, last. */
  events: readonly Known[];
  combined: Known | undefined;
  last: Millis;
}

/** What was told of one object. Lists are joined anew, for they are short: one that was added to holds places for many more. */
interface Subject {
  tokens: number;
  at: Millis;
  topics: readonly Topic[];
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

  /** As which event it counts. Undefined: it is counted, but too much was written of this object of late, on this node. */
  admit(told: Happening, node = ''): Known | undefined {
    const { uid, kind, namespace = '', name } = told.object;
    const about = `${node}/${uid ?? `${kind}/${namespace}/${name}`}`;
    const now = this.#clock.now();
    const subject = this.#subjects.get(about) ?? { tokens: BURST, at: now, topics: [] };
    this.#subjects.set(about, subject);
    const event = eventOf(topicOf(subject, told, now), told, now);
    event.count++;
    return spend(subject, now) ? event : undefined;
  }
}

function spend(subject: Subject, now: Millis): boolean {
  const tokens = Math.min(BURST, subject.tokens + (now - subject.at) / REFILL);
  const allowed = tokens >= 1;
  subject.tokens = allowed ? tokens - 1 : tokens;
  subject.at = now;
  return allowed;
}

function topicOf(subject: Subject, { type, reason }: Happening, now: Millis): Topic {
  const known = subject.topics.find((topic) => topic.reason === reason && topic.type === type);
  if (known) return known;
  const topic: Topic = { type, reason, events: [], combined: undefined, last: now };
  subject.topics = subject.topics.concat(topic);
  return topic;
}

function eventOf(topic: Topic, { message: text, object: { fieldPath }, at: first }: Happening, now: Millis): Known {
  if (now - topic.last > TEXTS_FORGOTTEN_AFTER) for (const event of topic.events) event.isOfLate = false;
  topic.last = now;
  if (isOneTooMany(text, topic.events)) return (topic.combined ??= newEvent('', undefined, first, true));
  const known = topic.events.find((event) => event.text === text && event.fieldPath === fieldPath);
  const event = known ?? newEvent(text, fieldPath, first, false);
  event.isOfLate = true;
  topic.events = topic.events
    .filter((other) => other !== known)
    .slice(1 - MOST_EVENTS)
    .concat(event);
  return event;
}

function isOneTooMany(text: string, events: readonly Known[]): boolean {
  if (events.length + 1 < MOST_TEXTS) return false;
  const texts = new Set(events.filter(({ isOfLate }) => isOfLate).map((event) => event.text));
  return !texts.has(text) && texts.size + 1 >= MOST_TEXTS;
}

function newEvent(text: string, fieldPath: string | undefined, first: Millis, isCombined: boolean): Known {
  return { text, fieldPath, isCombined, first, count: 0, name: undefined, isOfLate: false };
}
