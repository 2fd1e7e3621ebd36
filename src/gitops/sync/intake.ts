import { applicationsOf, type ApplicationSource } from '../desired/applications.ts';
import { definedKinds, type DefinedKinds } from '../desired/definitions.ts';
import { duplicate, type Desired, type DesiredBuilder } from '../desired/desired.ts';
import type { Identity } from '../desired/identity.ts';
import type { Elsewhere } from '../plan/prunes.ts';
import { byPlace } from '../problem.ts';
import type { RenderCache } from '../render/cache.ts';
import { render, type Rendered } from '../render/render.ts';
import type { Commit, Snapshot } from '../source/snapshot.ts';

/** What a commit wants of one application. */
export interface Wanted {
  readonly name: string;
  /** Of its directory. */
  readonly path: string;
  /** Of its directory; undefined when the commit has none any more. */
  readonly tree: string | undefined;
  /** Of all manifests. */
  readonly root: string;
  /** The commit that last changed it. */
  readonly commit: Commit;
  readonly namespace: string;
  readonly desired: Desired;
}

/** Where the manifests of an application go that name no namespace, and where it was when it is already known. */
export interface KnownApplication {
  readonly name: string;
  readonly path: string;
  readonly namespace: string;
}

/** An application whose manifests were read anew. */
interface Read {
  readonly source: ApplicationSource;
  readonly namespace: string;
  readonly rendered: Rendered;
}

/**
 * Turns snapshots into what is wanted of each application. A new snapshot replaces the last one as a whole, once all of
 * it has been read, and costs the applications that it changed.
 */
export class Intake {
  readonly #builder: DesiredBuilder;
  readonly #cache: RenderCache;
  readonly #wanted = new Map<string, Wanted>();
  readonly #claims = new Map<Identity, string>();

  constructor(builder: DesiredBuilder, cache: RenderCache) {
    this.#builder = builder;
    this.#cache = cache;
  }

  get(application: string): Wanted | undefined {
    return this.#wanted.get(application);
  }

  /** An application that is gone, and all of whose objects are. */
  forget(application: string): void {
    if (this.#wanted.get(application)?.tree === undefined) this.#wanted.delete(application);
  }

  /** Gives the applications that the snapshot changes, in the order of their names. */
  async take(snapshot: Snapshot, known: readonly KnownApplication[]): Promise<readonly Wanted[]> {
    const namespaces = new Map(known.map(({ name, namespace }) => [name, namespace] as const));
    const sources = applicationsOf(snapshot);
    const read: Read[] = [];
    for (const source of sources) {
      const namespace = namespaces.get(source.name) ?? 'default';
      if (!this.#isCurrent(source, namespace)) read.push({ source, namespace, rendered: await render(source.directory, this.#cache) });
    }
    const coming = this.#kindsToCome(read);
    const changed: Wanted[] = [];
    for (const one of read) changed.push(await this.#want(one, coming, snapshot));
    const present = new Set(sources.map(({ name }) => name));
    const gone = [...known, ...this.#wanted.values()].filter(({ name }) => !present.has(name) && !this.#isGone(name));
    changed.push(...new Map(gone.map((application) => [application.name, this.#vanish(application, snapshot)] as const)).values());
    const ordered = changed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.#replace(ordered);
  }

  /** What the rest of the last snapshot says about an application's former objects. */
  elsewhere(application: string): Elsewhere {
    return {
      claimant: (identity) => {
        const claimant = this.#claims.get(identity);
        return claimant === application ? undefined : claimant;
      },
      doubt: (name) => {
        for (const other of this.#wanted.values()) {
          if (other.name === application) continue;
          const file = other.desired.unread.find(({ text }) => text === undefined || text.includes(name));
          if (file) return file.file;
        }
        return undefined;
      },
    };
  }

  /** One with problems is judged again at every commit: another one's file may have been the other half of it. */
  #isCurrent({ name, directory }: ApplicationSource, namespace: string): boolean {
    const last = this.#wanted.get(name);
    return last !== undefined && last.tree === directory.tree && last.namespace === namespace && last.desired.problems.length === 0;
  }

  #isGone(name: string): boolean {
    const last = this.#wanted.get(name);
    return last !== undefined && last.tree === undefined;
  }

  /** Kinds that the commit defines, in whatever application: also those that have not changed may still be applied. */
  #kindsToCome(read: readonly Read[]): DefinedKinds {
    const fresh = new Set(read.map(({ source }) => source.name));
    const others = [...this.#wanted.values()].filter(({ name }) => !fresh.has(name)).flatMap(({ desired }) => desired.objects);
    const written = read.flatMap(({ rendered }) => rendered.objects);
    return definedKinds([...written, ...others].map(({ object }) => object));
  }

  async #want({ source, namespace, rendered }: Read, coming: DefinedKinds, { commit, tree: root }: Snapshot): Promise<Wanted> {
    const { name, directory, problems } = source;
    const built = await this.#builder.build(rendered, { application: name, namespace }, coming);
    const desired = { ...built, problems: [...built.problems, ...problems].toSorted(byPlace) };
    return { name, path: directory.path, tree: directory.tree, root, commit, namespace, desired };
  }

  #vanish({ name, path, namespace }: KnownApplication, { commit, tree: root }: Snapshot): Wanted {
    const desired: Desired = { application: name, objects: [], problems: [], unread: [] };
    return { name, path, tree: undefined, root, commit, namespace, desired };
  }

  /** An object belongs to the application that declared it first; who declares it too is told where. */
  #replace(changed: readonly Wanted[]): readonly Wanted[] {
    for (const { name } of changed) {
      for (const { identity } of this.#wanted.get(name)?.desired.objects ?? []) {
        if (this.#claims.get(identity) === name) this.#claims.delete(identity);
      }
    }
    return changed.map((wanted) => {
      const claimed = wanted.desired.objects.flatMap((object) => {
        const holder = this.#claims.get(object.identity);
        if (holder === undefined) this.#claims.set(object.identity, wanted.name);
        const first =
          holder === undefined ? undefined : this.#wanted.get(holder)?.desired.objects.find(({ identity }) => identity === object.identity);
        return first ? [duplicate(object, first.origin)] : [];
      });
      const problems = [...wanted.desired.problems, ...claimed].toSorted(byPlace);
      const settled = claimed.length === 0 ? wanted : { ...wanted, desired: { ...wanted.desired, problems } };
      this.#wanted.set(wanted.name, settled);
      return settled;
    });
  }
}
