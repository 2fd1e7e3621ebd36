import type { Found, Place, Seen } from '../api.ts';
import { tableOf } from './table.ts';
import { objectText, type View } from './view.ts';

type Change = Extract<Seen, { readonly found: Found }>;

/** The lines of events as bytes, each made once for all who are told of it in this turn in the same form. */
export class EventLines {
  readonly #made = new Map<Found, Map<string, Buffer>>();
  readonly #room = new Room();

  /** A line stands until the turn is over. `columns`: the client has not seen them yet. */
  line({ type, found }: Change, place: Place, view: View, columns: boolean): Buffer {
    const form = `${type} ${view.format} ${view.as} ${view.version} ${view.includeObject} ${columns}`;
    const known = this.#made.get(found);
    let line = known?.get(form);
    if (!line) {
      line = this.#room.line(type, textOf(found, place, view, columns));
      if (known) known.set(form, line);
      else this.#keep(found, new Map([[form, line]]));
    }
    return line;
  }

  #keep(found: Found, lines: Map<string, Buffer>): void {
    // Those who come later are few: nothing is held for them.
    if (this.#made.size === 0) setImmediate(() => this.#forget());
    this.#made.set(found, lines);
  }

  #forget(): void {
    this.#made.clear();
    this.#room.clear();
  }
}

const END = '}\n';

/** A line for each object of a burst, taken from the system and given back, would leave holes all over the memory: they all have this place. */
const PLACE = 1024 * 1024;
/** Of a UTF-16 unit, as UTF-8. */
const MOST_BYTES = 3;

class Room {
  readonly #place = Buffer.allocUnsafeSlow(PLACE);
  #bytes = this.#place;
  #used = 0;

  /** The long text is written where it belongs: put together before, it would be copied once more. */
  line(type: string, text: string): Buffer {
    const head = `{"type":"${type}","object":`;
    const start = this.#reserve((head.length + text.length + END.length) * MOST_BYTES);
    const bytes = this.#bytes;
    const middle = start + bytes.write(head, start);
    const end = middle + bytes.write(text, middle);
    this.#used = end + bytes.write(END, end);
    return bytes.subarray(start, this.#used);
  }

  clear(): void {
    this.#bytes = this.#place;
    this.#used = 0;
  }

  #reserve(most: number): number {
    if (this.#used + most > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(PLACE, most));
      this.#used = 0;
    }
    return this.#used;
  }
}

function textOf(found: Found, place: Place, view: View, columns: boolean): string {
  if (view.as !== 'table' || columns) return objectText(view, place, found);
  return tableOf(place.kind, [found], { resourceVersion: String(found.revision) }, view, []);
}
