import type { Millis } from '../../base/index.ts';
import { divide, type ApplicationSource } from '../desired/applications.ts';
import { Claims } from '../desired/claims.ts';
import { definedKinds, type DefinedKinds } from '../desired/definitions.ts';
import type { Desired, DesiredBuilder } from '../desired/desired.ts';
import type { Identity } from '../desired/identity.ts';
import type { Elsewhere } from '../plan/prunes.ts';
import { byPlace } from '../problem.ts';
import type { RenderCache } from '../render/cache.ts';
import type { Snapshot } from '../source/snapshot.ts';
import { readDirectories, type Directories } from './directories.ts';
import { vanish, type KnownApplication, type Wanted } from './wanted.ts';

type HooksByApplication = ReadonlyMap<string, Desired['hooks']>;

/**
 * Turns snapshots into what is wanted of each application. A new snapshot replaces the last one as a whole, once all of
 * it has been read, and costs the applications that it changed.
 */
export class Intake {
  readonly #builder: DesiredBuilder;
  readonly #cache: RenderCache;
  readonly #now: () => Millis;
  readonly #wanted = new Map<string, Wanted>();
  readonly #claims = new Claims();
  /** What applications had to run at commits at which some were applied last that are gone now, until all that these had is. */
  readonly #lastHooks = new Map<string, Promise<HooksByApplication>>();
  readonly #going = new Set<string>();
  /** Applications by the kinds that they define: made when it is asked for. */
  #definers: ReadonlyMap<string, string> | undefined;
  /** As they were last. */
  #directories: Directories = new Map();

  constructor(builder: DesiredBuilder, cache: RenderCache, now: () => Millis = () => 0) {
    this.#builder = builder;
    this.#cache = cache;
    this.#now = now;
  }

  get(application: string): Wanted | undefined {
    return this.#wanted.get(application);
  }

  /** An application that is gone, and all of whose objects are. */
  forget(application: string): void {
    this.#going.delete(application);
    if (this.#going.size === 0) this.#lastHooks.clear();
    if (this.#wanted.get(application)?.tree === undefined) this.#wanted.delete(application);
  }

  /** What an application that is gone had to run at its last commit, which is read once for all that go with it. */
  async hooksAt(
    revision: string,
    application: string,
    known: readonly KnownApplication[],
    read: (revision: string) => Promise<Snapshot>,
  ): Promise<Desired['hooks']> {
    this.#going.add(application);
    let hooks = this.#lastHooks.get(revision);
    if (!hooks) {
      hooks = this.#readHooks(revision, known, read);
      this.#lastHooks.set(revision, hooks);
      // What cannot be read now may be there again later.
      hooks.catch(() => this.#lastHooks.delete(revision));
    }
    return (await hooks).get(application) ?? [];
  }

  /** Gives the applications that the snapshot changes, in the order of their names. */
  async take(snapshot: Snapshot, known: readonly KnownApplication[]): Promise<readonly Wanted[]> {
    const began = this.#now();
    const directories = await readDirectories(snapshot, this.#directories, this.#cache);
    const written = [...directories.values()].flatMap(({ declared }) => declared);
    const names = new Set(written.map(({ name }) => name));
    // A file that cannot be read may still declare what it declared before.
    const unread = [...directories.values()].flatMap(({ rendered }) => rendered.unread);
    const stays = (name: string) => unread.some(({ text }) => text === undefined || text.includes(name));
    const others = known.flatMap(({ name, written: last }) =>
      last && !names.has(name) && (last.by === 'hand' || stays(name)) ? [{ name, spec: last.spec, origin: undefined, problems: [] }] : [],
    );
    const sources = await divide([...directories.values()], [...written, ...others], snapshot.treeOf);
    const namespaces = new Map(known.flatMap(({ name, namespace, written }) => (written ? [] : [[name, namespace] as const])));
    const read = sources.map((source) => ({
      source,
      namespace: source.spec ? (source.spec.namespace ?? 'default') : (namespaces.get(source.name) ?? 'default'),
    }));
    const fresh = read.filter(({ source, namespace }) => !this.#isCurrent(source, namespace));
    const coming = this.#kindsToCome(fresh.map(({ source }) => source));
    const changed: Wanted[] = [];
    for (const one of fresh) changed.push(await this.#want(one, coming, snapshot));
    this.#directories = directories;
    const present = new Set(sources.map(({ name }) => name));
    for (const name of present) this.#going.delete(name);
    const gone = [...known, ...this.#wanted.values()].filter(({ name }) => !present.has(name) && !this.#isGone(name));
    for (const [name, application] of new Map(gone.map((one) => [one.name, one] as const))) {
      changed.push(vanish(application, snapshot, this.#wanted.get(name)));
    }
    const readMs = this.#now() - began;
    const ordered = changed
      .map((wanted) => ({ ...wanted, readMs, isFirst: !this.#wanted.has(wanted.name) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.#replace(ordered);
  }

  /** The application that defines a kind. */
  definerOf(kind: string): string | undefined {
    this.#definers ??= new Map(
      [...this.#wanted.values()].flatMap(({ name, desired }) =>
        [...definedKinds(desired.objects.map(({ object }) => object)).keys()].map((defined) => [defined, name] as const),
      ),
    );
    return this.#definers.get(kind);
  }

  /** Whether the last snapshot has this object, as one of this application. */
  wants(identity: Identity, application: string): boolean {
    return this.#claims.claimant(identity) === application;
  }

  /** Whether it is written as the snapshot has it, also where it is there already. */
  isWritten(identity: Identity): boolean {
    return this.#claims.isWritten(identity);
  }

  /** What the rest of the last snapshot says about an application's former objects. */
  elsewhere(application: string): Elsewhere {
    return {
      claimant: (identity) => {
        const claimant = this.#claims.claimant(identity);
        return claimant === application ? undefined : claimant;
      },
      isTakenOver: (identity) => this.#claims.isWritten(identity),
      doubt: (name) => {
        for (const other of this.#wanted.values()) {
          if (other.name === application) continue;
          const file = other.desired.unread.find(({ text }) => text === undefined || text.includes(name));
          if (file) return file.file;
        }
        return undefined;
      },
      has: (name) => this.#wanted.get(name)?.tree !== undefined,
    };
  }

  async #readHooks(revision: string, known: readonly KnownApplication[], read: (revision: string) => Promise<Snapshot>) {
    const past = new Intake(this.#builder, this.#cache, this.#now);
    const wanted = await past.take(await read(revision), known);
    return new Map(wanted.map(({ name, desired }) => [name, desired.hooks] as const));
  }

  /** One with problems is judged again at every commit: another one's file may have been the other half of it. So is one that lacks a kind. */
  #isCurrent({ name, tree, scope }: ApplicationSource, namespace: string): boolean {
    const last = this.#wanted.get(name);
    if (last === undefined || last.desired.problems.length + last.desired.awaited.length > 0) return false;
    return last.tree === tree && last.scope === scope && last.namespace === namespace;
  }

  #isGone(name: string): boolean {
    const last = this.#wanted.get(name);
    return last !== undefined && last.tree === undefined;
  }

  /** Kinds that the commit defines, in whatever application: also those that have not changed may still be applied. */
  #kindsToCome(fresh: readonly ApplicationSource[]): DefinedKinds {
    const names = new Set(fresh.map(({ name }) => name));
    const others = [...this.#wanted.values()].filter(({ name }) => !names.has(name)).flatMap(({ desired }) => desired.objects);
    const written = fresh.flatMap(({ rendered }) => rendered.objects);
    return definedKinds([...written, ...others].map(({ object }) => object));
  }

  async #want(
    { source, namespace }: { source: ApplicationSource; namespace: string },
    coming: DefinedKinds,
    { commit, tree: root }: Snapshot,
  ): Promise<Wanted> {
    const { name, path, tree, spec, scope, rendered } = source;
    const desired = await this.#builder.build(rendered, { application: name, namespace, revision: commit.short || 'worktree' }, coming);
    return { name, path, tree, root, commit, namespace, spec, scope, desired, readMs: 0, isFirst: false };
  }

  #replace(changed: readonly Wanted[]): readonly Wanted[] {
    this.#definers = undefined;
    for (const { name } of changed) {
      const last = this.#wanted.get(name);
      if (last) this.#claims.release(last.desired);
    }
    return changed.map((wanted) => {
      const claimed = this.#claims.claim(wanted.desired);
      const problems = [...wanted.desired.problems, ...claimed].toSorted(byPlace);
      const settled = claimed.length === 0 ? wanted : { ...wanted, desired: { ...wanted.desired, problems } };
      this.#wanted.set(wanted.name, settled);
      return settled;
    });
  }
}
