import type { Kind, Manifest, StoredForm } from '../../model/index.ts';
import type { Entry } from '../../store/index.ts';
import type { Found } from '../api.ts';

type Shown = Entry & Found;

/** What is shown of a stored version is the same for all readers: it is made once, and goes with the version. */
const shown = new WeakMap<StoredForm, WeakMap<Entry, Shown>>();

/** A stored version as a kind shows it: most are stored as they are shown. */
export function present(kind: Kind, entry: Entry): Shown {
  if (!kind.stored) return entry as Shown;
  let known = shown.get(kind.stored);
  if (!known) shown.set(kind.stored, (known = new WeakMap()));
  let found = known.get(entry);
  if (!found) known.set(entry, (found = show(entry as Shown, kind.stored.read(entry.value as Manifest))));
  return found;
}

function show(entry: Shown, value: Manifest): Shown {
  if (value === entry.value) return entry;
  const { key, revision, created } = entry;
  let text: string | undefined;
  return {
    key,
    revision,
    created,
    value,
    get text() {
      return (text ??= JSON.stringify(value));
    },
  };
}
