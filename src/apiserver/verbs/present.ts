import { Memory } from '../../base/index.ts';
import type { Kind, Manifest, StoredForm } from '../../model/index.ts';
import type { Entry, Key, Revision } from '../../store/index.ts';
import type { Found } from '../api.ts';

type Shown = Entry & Found;

/** What is shown of a stored version is the same for all readers. Most read what was changed just now: older ones are made again. */
const MANY_SHOWN = 500;
const shown = new WeakMap<StoredForm, Memory<Entry, Shown>>();

/** A stored version as a kind shows it: most are stored as they are shown. */
export function present(kind: Kind, entry: Entry): Shown {
  if (!kind.stored) return entry as Shown;
  let known = shown.get(kind.stored);
  if (!known) shown.set(kind.stored, (known = new Memory(MANY_SHOWN)));
  let found = known.get(entry);
  if (!found) known.set(entry, (found = show(entry as Shown, kind.stored.read(entry.value as Manifest))));
  return found;
}

const show = (entry: Shown, value: Manifest): Shown => (value === entry.value ? entry : new View(entry, value));

class View implements Shown {
  readonly key: Key;
  readonly revision: Revision;
  readonly created: Revision;
  readonly value: Manifest;
  #text: string | undefined;

  constructor({ key, revision, created }: Entry, value: Manifest) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.value = value;
  }

  get text(): string {
    return (this.#text ??= JSON.stringify(this.value));
  }
}
