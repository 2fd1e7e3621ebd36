import type { InventoryItem, KindRef, Manifest } from '../../model/index.ts';
import { Pace } from '../pace.ts';
import { byPlace, type Problem } from '../problem.ts';
import type { Origin, Rendered, RenderedObject } from '../render/render.ts';
import type { Veil } from '../veil.ts';
import { kindName, type DefinedKinds } from './definitions.ts';
import { readDirectives, type Directives, type DirectiveFault } from './directives.ts';
import { formatTarget, identityOf, type Identity, type Target } from './identity.ts';
import type { KindLookup } from './kinds.ts';
import { byApplyOrder } from './order.ts';
import { prepare, type Destination } from './prepare.ts';
import { compareStages, depthsOf, type Stage } from './stages.ts';

/** An object that a commit asks for. */
export interface DesiredObject extends Target {
  readonly identity: Identity;
  /** As it is applied. */
  readonly object: Manifest;
  /** Of `object`: equal digests ask for the same. */
  readonly digest: string;
  readonly directives: Directives;
  readonly stage: Stage;
  readonly origin: Origin;
}

/** What a commit asks of one application, in the order of applying. */
export interface Desired {
  readonly application: string;
  readonly objects: readonly DesiredObject[];
  /** What each sync runs, in the order of running. */
  readonly hooks: readonly DesiredObject[];
  /** Kinds whose objects are left out until somebody defines them. */
  readonly awaited: readonly string[];
  readonly problems: readonly Problem[];
  readonly unread: Rendered['unread'];
}

const NONE_COMING: DefinedKinds = new Map();

/** About 3 ms of digests. */
const OBJECTS_PER_TURN = 100;
/** One for all applications: many small ones in a row hold the loop like a large one. */
const pace = new Pace(OBJECTS_PER_TURN);

type Prepared = Omit<DesiredObject, 'stage' | 'origin'>;

/** What was made of a manifest, and where it stood last. */
interface Known {
  readonly to: string;
  readonly made: Prepared;
  readonly faults: readonly DirectiveFault[];
  placed?: DesiredObject;
}

interface Placed extends Pick<DesiredObject, 'origin'> {
  readonly known: Known;
}

/**
 * Turns rendered manifests into desired objects. What it made of a manifest is kept as long as the manifest is, so that
 * a commit costs the manifests it changed.
 */
export class DesiredBuilder {
  readonly #veil: Veil;
  readonly #kinds: KindLookup;
  readonly #prepared = new WeakMap<Manifest, Known>();

  constructor(kinds: KindLookup, veil: Veil) {
    this.#kinds = kinds;
    this.#veil = veil;
  }

  /** `coming` are the kinds that the commit itself defines. */
  async build(rendered: Rendered, destination: Destination, coming: DefinedKinds = NONE_COMING): Promise<Desired> {
    const kinds = await this.#kinds.resolve(rendered.objects.map(({ object }) => object));
    const problems: Problem[] = [...rendered.problems];
    const found = new Map<Identity, Placed>();
    const awaited = new Set<string>();
    for (const { object, origin } of rendered.objects) {
      const kind = kinds(object) ?? coming.get(kindName(object));
      if (kind === undefined) {
        if (readDirectives(object).directives.awaitKind) awaited.add(kindName(object));
        else problems.push(problemAt(origin, 'UnknownKind', `the cluster serves no kind ${object.kind} in ${object.apiVersion}`));
        continue;
      }
      const known = this.#prepare(object, kind, destination);
      const { made, faults } = known;
      for (const { message } of faults) problems.push(problemAt(origin, 'FieldInvalid', `${formatTarget(made)}: ${message}`));
      const first = found.get(made.identity);
      if (first) problems.push(duplicate({ ...made, origin }, first.origin));
      else found.set(made.identity, { known, origin });
      const turn = pace.spend(1);
      if (turn) await turn;
    }
    await pace.spend(OBJECTS_PER_TURN);
    const { objects, hooks, faults } = arrange(found);
    await pace.spend(found.size);
    problems.push(...faults);
    return {
      application: destination.application,
      objects,
      hooks,
      awaited: [...awaited],
      problems: problems.toSorted(byPlace),
      unread: rendered.unread,
    };
  }

  #prepare(manifest: RenderedObject['object'], kind: KindRef<Manifest>, destination: Destination): Known {
    const revision = manifest.metadata.name ? '' : destination.revision;
    const to = `${destination.application} ${destination.namespace} ${kind.namespaced} ${revision}`;
    const known = this.#prepared.get(manifest);
    if (known?.to === to) return known;
    const object = prepare(manifest, kind, destination);
    const { namespace, name } = object.metadata;
    const item: InventoryItem = { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
    const { directives, faults } = readDirectives(object);
    const digest = this.#veil.digest(object, object);
    const prepared: Known = { to, made: { kind, namespace, name, object, identity: identityOf(item), digest, directives }, faults };
    this.#prepared.set(manifest, prepared);
    return prepared;
  }
}

/** Puts what is applied and what is run into stages, in their order. */
function arrange(found: ReadonlyMap<Identity, Placed>): Pick<Desired, 'objects' | 'hooks'> & { faults: readonly Problem[] } {
  const kept = new Map<Identity, Prepared>();
  for (const [
    identity,
    {
      known: { made },
    },
  ] of found)
    if (made.directives.hooks.length === 0) kept.set(identity, made);
  const { depthOf, faults } = depthsOf(kept);
  const objects: DesiredObject[] = [];
  const hooks: DesiredObject[] = [];
  for (const { known, origin } of found.values()) {
    const { made } = known;
    const { wave, hooks: phases } = made.directives;
    if (phases.length === 0) objects.push(place(known, origin, depthOf(made.identity)));
    for (const phase of phases) hooks.push({ ...made, origin, stage: { phase, wave, depth: 1 } });
  }
  return {
    objects: objects.toSorted(byStage),
    hooks: hooks.toSorted(byStage),
    faults: [...faults].map(([identity, message]) => {
      const { known, origin } = found.get(identity)!;
      return problemAt(origin, 'Dependency', `${formatTarget(known.made)} ${message}`);
    }),
  };
}

/** An object that stands where it stood is the same value: a commit costs what it changes. */
function place(known: Known, origin: Origin, depth: number): DesiredObject {
  const { made, placed } = known;
  if (placed?.origin === origin && placed.stage.depth === depth) return placed;
  return (known.placed = { ...made, origin, stage: { phase: 'Sync', wave: made.directives.wave, depth } });
}

function byStage(a: DesiredObject, b: DesiredObject): number {
  return compareStages(a.stage, b.stage) || byApplyOrder(a, b);
}

/** An object that is declared twice, at its second place. */
export function duplicate(object: Pick<DesiredObject, 'kind' | 'name' | 'namespace' | 'origin'>, first: Origin): Problem {
  const what = `${object.kind.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}`;
  return problemAt(object.origin, 'DuplicateObject', `${what} is already declared in ${first.file}:${first.line}`);
}

export function problemAt(origin: Pick<Origin, 'file' | 'line'>, code: Problem['code'], message: string): Problem {
  return { file: origin.file, line: origin.line, column: 1, code, message };
}
