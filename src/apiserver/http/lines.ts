import type { Found, Place, Seen } from '../api.ts';
import { tableOf } from './table.ts';
import { objectText, type View } from './view.ts';

type Change = Extract<Seen, { readonly found: Found }>;

/** The lines of events as bytes, each made once for all who are told of it in this turn in the same form. */
export class EventLines {
  readonly #made = new Map<Found, Map<string, Buffer>>();

  /** `columns`: the client has not seen them yet. */
  line({ type, found }: Change, place: Place, view: View, columns: boolean): Buffer {
    const form = `${type} ${view.format} ${view.as} ${view.includeObject} ${columns}`;
    const known = this.#made.get(found);
    let line = known?.get(form);
    if (!line) {
      line = lineOf(type, textOf(found, place, view, columns));
      if (known) known.set(form, line);
      else this.#keep(found, new Map([[form, line]]));
    }
    return line;
  }

  #keep(found: Found, lines: Map<string, Buffer>): void {
    // Those who come later are few: nothing is held for them.
    if (this.#made.size === 0) setImmediate(() => this.#made.clear());
    this.#made.set(found, lines);
  }
}

/** The long text is written where it belongs: put together before, it would be copied once more. */
function lineOf(type: string, text: string): Buffer {
  const head = `{"type":"${type}","object":`;
  const line = Buffer.allocUnsafe(head.length + Buffer.byteLength(text) + END.length);
  const middle = line.write(head);
  line.write(END, middle + line.write(text, middle));
  return line;
}

const END = '}\n';

function textOf(found: Found, place: Place, view: View, columns: boolean): string {
  if (view.as !== 'table' || columns) return objectText(view, place, found);
  return tableOf(place.kind, [found], { resourceVersion: String(found.revision) }, view, []);
}
