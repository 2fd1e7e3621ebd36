import type { InventoryItem, KindRef, Manifest } from '../../model/index.ts';
import { Pace } from '../pace.ts';
import { byPlace, type Problem } from '../problem.ts';
import type { Origin, Rendered, RenderedObject } from '../render/render.ts';
import type { Veil } from '../veil.ts';
import { kindName, type DefinedKinds } from './definitions.ts';
import { identityOf, type Identity, type Target } from './identity.ts';
import type { KindLookup } from './kinds.ts';
import { byApplyOrder } from './order.ts';
import { prepare, type Destination } from './prepare.ts';

/** An object that a commit asks for. */
export interface DesiredObject extends Target {
  readonly identity: Identity;
  /** As it is applied. */
  readonly object: Manifest;
  /** Of `object`: equal digests ask for the same. */
  readonly digest: string;
  readonly origin: Origin;
}

/** What a commit asks of one application, in the order of applying. */
export interface Desired {
  readonly application: string;
  readonly objects: readonly DesiredObject[];
  readonly problems: readonly Problem[];
  readonly unread: Rendered['unread'];
}

const NONE_COMING: DefinedKinds = new Map();

/** About 3 ms of digests. */
const OBJECTS_PER_TURN = 100;

type Prepared = Pick<DesiredObject, 'identity' | 'object' | 'digest' | 'kind' | 'namespace' | 'name'>;

/**
 * Turns rendered manifests into desired objects. What it made of a manifest is kept as long as the manifest is, so that
 * a commit costs the manifests it changed.
 */
export class DesiredBuilder {
  readonly #veil: Veil;
  readonly #kinds: KindLookup;
  readonly #prepared = new WeakMap<Manifest, { to: string; made: Prepared }>();

  constructor(kinds: KindLookup, veil: Veil) {
    this.#kinds = kinds;
    this.#veil = veil;
  }

  /** `coming` are the kinds that the commit itself defines. */
  async build(rendered: Rendered, destination: Destination, coming: DefinedKinds = NONE_COMING): Promise<Desired> {
    const kinds = await this.#kinds.resolve(rendered.objects.map(({ object }) => object));
    const problems: Problem[] = [...rendered.problems];
    const found = new Map<Identity, DesiredObject>();
    const pace = new Pace(OBJECTS_PER_TURN);
    for (const { object, origin } of rendered.objects) {
      const kind = kinds(object) ?? coming.get(kindName(object));
      if (kind === undefined) {
        problems.push(problemAt(origin, 'UnknownKind', `the cluster serves no kind ${object.kind} in ${object.apiVersion}`));
        continue;
      }
      const desired = { ...this.#prepare(object, kind, destination), origin };
      const first = found.get(desired.identity);
      if (first) problems.push(duplicate(desired, first.origin));
      else found.set(desired.identity, desired);
      await pace.spend(1);
    }
    return {
      application: destination.application,
      objects: [...found.values()].toSorted(byApplyOrder),
      problems: problems.toSorted(byPlace),
      unread: rendered.unread,
    };
  }

  #prepare(manifest: RenderedObject['object'], kind: KindRef<Manifest>, destination: Destination): Prepared {
    const to = `${destination.application} ${destination.namespace} ${kind.namespaced}`;
    const known = this.#prepared.get(manifest);
    if (known?.to === to) return known.made;
    const object = prepare(manifest, kind, destination);
    const { namespace, name } = object.metadata;
    const item: InventoryItem = { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
    const made = { kind, namespace, name, object, identity: identityOf(item), digest: this.#veil.digest(object, object) };
    this.#prepared.set(manifest, { to, made });
    return made;
  }
}

/** An object that is declared twice, at its second place. */
export function duplicate(object: Pick<DesiredObject, 'kind' | 'name' | 'namespace' | 'origin'>, first: Origin): Problem {
  const what = `${object.kind.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}`;
  return problemAt(object.origin, 'DuplicateObject', `${what} is already declared in ${first.file}:${first.line}`);
}

export function problemAt(origin: Pick<Origin, 'file' | 'line'>, code: Problem['code'], message: string): Problem {
  return { file: origin.file, line: origin.line, column: 1, code, message };
}
