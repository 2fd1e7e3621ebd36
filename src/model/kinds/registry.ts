import { splitApiVersion, type KindRef } from '../meta/index.ts';
import type { Kind } from './kind.ts';

/** A kind that is served from now on, one that is no longer, or both: one that took the other's place. */
export interface KindChange {
  readonly added?: Kind;
  readonly removed?: Kind;
}

/** Which kinds there are: the built-in ones, and those that custom resource definitions add and remove while it runs. */
export class KindRegistry {
  readonly #byKind = new Map<string, Kind>();
  readonly #byResource = new Map<string, Kind>();
  /** Of those that were asked for, until something changes. */
  #served = new WeakMap<KindRef, Kind>();
  readonly #followers = new Set<(change: KindChange) => void>();

  constructor(kinds: Iterable<Kind> = []) {
    for (const kind of kinds) this.add(kind);
  }

  /** Adds a kind, or replaces the one of the same group, version and kind. */
  add(kind: Kind): void {
    const known = this.#byKind.get(kindKey(kind.group, kind.version, kind.kind));
    if (known === kind) return;
    if (known) this.#byResource.delete(kindKey(known.group, known.version, known.plural));
    this.#byKind.set(kindKey(kind.group, kind.version, kind.kind), kind);
    this.#byResource.set(kindKey(kind.group, kind.version, kind.plural), kind);
    this.#tell({ added: kind, ...(known ? { removed: known } : {}) });
  }

  remove(kind: { group: string; version: string; kind: string; plural: string }): void {
    const known = this.#byKind.get(kindKey(kind.group, kind.version, kind.kind));
    this.#byKind.delete(kindKey(kind.group, kind.version, kind.kind));
    this.#byResource.delete(kindKey(kind.group, kind.version, kind.plural));
    if (known) this.#tell({ removed: known });
  }

  /** Told of every change from now on. It must only take note. */
  follow(note: (change: KindChange) => void): { close(): void } {
    this.#followers.add(note);
    return { close: () => this.#followers.delete(note) };
  }

  #tell(change: KindChange): void {
    this.#served = new WeakMap();
    for (const note of this.#followers) note(change);
  }

  all(): readonly Kind[] {
    return [...this.#byKind.values()];
  }

  /** As manifests name a kind. */
  byApiVersion(apiVersion: string, kind: string): Kind | undefined {
    const { group, version } = splitApiVersion(apiVersion);
    return this.byKind(group, version, kind);
  }

  byKind(group: string, version: string, kind: string): Kind | undefined {
    return this.#byKind.get(kindKey(group, version, kind));
  }

  /** As URLs name a kind. */
  byResource(group: string, version: string, plural: string): Kind | undefined {
    return this.#byResource.get(kindKey(group, version, plural));
  }

  /** The kind that clients know by this. */
  served(ref: KindRef): Kind | undefined {
    let kind = this.#served.get(ref);
    if (!kind) {
      kind = this.byResource(ref.group, ref.version, ref.plural);
      if (kind) this.#served.set(ref, kind);
    }
    return kind;
  }

  /** As people name a kind: plural, singular, kind or short name, with or without `.group`. Core wins, then what was added first. */
  byName(name: string): Kind | undefined {
    const wanted = name.toLowerCase();
    const found = this.all().filter((kind) => namesOf(kind).some((known) => known === wanted || `${known}.${kind.group}` === wanted));
    return found.find((kind) => kind.group === '') ?? found[0];
  }

  inGroup(group: string, version: string): readonly Kind[] {
    return this.all().filter((kind) => kind.group === group && kind.version === version);
  }
}

const kindKey = (group: string, version: string, name: string) => `${group}/${version}/${name}`;

const namesOf = (kind: Kind) => [kind.plural, kind.singular, ...kind.shortNames];
