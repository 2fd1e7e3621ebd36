import { COLLECTION_STYLE, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from 'js-yaml';

type Event = ReturnType<typeof parseEvents>[number];
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type CollectionEvent = Extract<Event, { type: typeof EVENT_ID.MAPPING | typeof EVENT_ID.SEQUENCE }>;

/** What a document of nothing unusual holds, and where its content begins. */
export interface PlainDocument {
  readonly value: object;
  readonly offset: number;
}

/** Says what a scalar without quotes stands for. */
export type Resolve = (text: string) => unknown;

/** Longer ones may need a thread, and more care for memory. */
const LONGEST = 1024 * 1024;
const DEEPEST = 50;
/** Characters that need the thorough reader wherever they stand: tabs, returns, and what is not printable. */
const UNUSUAL = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\ud800-\udfff]/;
/** Marks of documents other than `---` at the beginning of a line. */
const UNUSUAL_MARK = /^(?: +---| *\.\.\.)/m;
/** All else without quotes is text: the words for nothing, yes and no have five letters at most. */
const MAY_BE_MORE_THAN_TEXT = /^(?:$|[-+.0-9~=<]|[nNyYtTfFoO][a-zA-Z]{0,4}$)/;

/** Thrown where the thorough reader has to look. */
const UNCLEAR = new Error('not plain YAML');

/**
 * Reads manifests as almost all are: maps, lists and scalars, with nothing anchored, tagged or wrong. It takes an eighth of
 * the time that the thorough reader takes, and leaves everything else to it: then the answer is undefined.
 */
export function readPlain(text: string, resolve: Resolve): readonly PlainDocument[] | undefined {
  if (text.length > LONGEST || UNUSUAL.test(text) || UNUSUAL_MARK.test(text)) return undefined;
  try {
    return new PlainReader(text, parseEvents(text, { maxDepth: DEEPEST }), resolve).documents();
  } catch {
    return undefined;
  }
}

class PlainReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #resolve: Resolve;
  #next = 0;

  constructor(text: string, events: readonly Event[], resolve: Resolve) {
    this.#text = text;
    this.#events = events;
    this.#resolve = resolve;
  }

  documents(): readonly PlainDocument[] {
    const found: PlainDocument[] = [];
    while (this.#next < this.#events.length) {
      const event = this.#take();
      if (event.type !== EVENT_ID.DOCUMENT || event.directives.length > 0) throw UNCLEAR;
      const content = this.#take();
      if (content.type !== EVENT_ID.MAPPING && content.type !== EVENT_ID.SEQUENCE) throw UNCLEAR;
      found.push({ offset: content.start, value: this.#collection(content) });
      if (this.#take().type !== EVENT_ID.POP) throw UNCLEAR;
    }
    if (found.length === 0) throw UNCLEAR;
    return found;
  }

  #take(): Event {
    return this.#events[this.#next++]!;
  }

  #value(event: Event): unknown {
    if (event.type === EVENT_ID.SCALAR) return this.#scalar(event);
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return this.#collection(event);
    throw UNCLEAR;
  }

  #collection(event: CollectionEvent): object {
    if (event.anchorStart >= 0 || event.tagStart >= 0) throw UNCLEAR;
    return event.type === EVENT_ID.MAPPING ? this.#map(event.style === COLLECTION_STYLE.BLOCK) : this.#list();
  }

  #map(isBlock: boolean): object {
    const map: Record<string, unknown> = {};
    for (let event = this.#take(); event.type !== EVENT_ID.POP; event = this.#take()) {
      if (event.type !== EVENT_ID.SCALAR || (isBlock && !this.#beginsLine(event))) throw UNCLEAR;
      const key = this.#scalar(event);
      if (typeof key !== 'string' || key === '__proto__' || key === '<<' || Object.hasOwn(map, key)) throw UNCLEAR;
      map[key] = this.#value(this.#take());
    }
    return map;
  }

  /** What follows a closed bracket or quote on its line is no key, as js-yaml would have it. */
  #beginsLine({ valueStart, style }: ScalarEvent): boolean {
    let at = valueStart - (style === SCALAR_STYLE.PLAIN ? 1 : 2);
    while (this.#text[at] === ' ' || this.#text[at] === '-') at--;
    return at < 0 || this.#text[at] === '\n';
  }

  #list(): object {
    const list: unknown[] = [];
    for (let event = this.#take(); event.type !== EVENT_ID.POP; event = this.#take()) list.push(this.#value(event));
    return list;
  }

  #scalar(event: ScalarEvent): unknown {
    if (event.anchorStart >= 0 || event.tagStart >= 0) throw UNCLEAR;
    const text = getScalarValue(this.#text, event);
    return event.style === SCALAR_STYLE.PLAIN && MAY_BE_MORE_THAN_TEXT.test(text) ? this.#resolve(text) : text;
  }
}
