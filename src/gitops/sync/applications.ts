import { equalJson, isStatus } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import { normalizePath } from '../desired/declared.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import type { KnownApplication, Wanted } from './wanted.ts';
import { APPLICATIONS, NAMESPACES, SYSTEM_NAMESPACE, type Application, type Namespace } from '../../model/index.ts';

/** The digest of what a person has agreed to, or a commit, or its beginning, that it agreed to as a whole. */
export const APPROVED_ANNOTATION = 'slipway.dev/approved';

/** On the namespace of all applications: why no newer commit can be taken. */
const SOURCE_FAILURE_ANNOTATION = 'slipway.dev/source-failure';

/** Beside it: the commit that is to blame, where only another one mends it. */
const REFUSED_COMMIT_ANNOTATION = 'slipway.dev/refused-commit';

/** What keeps commits from being followed. */
export interface SourceFailure {
  readonly message: string;
  /** The commit that is to blame, where only another one mends it. */
  readonly commit: string | undefined;
}

/** As it is noted for those who look at the state; undefined where nothing is. */
export async function readSourceFailure(client: Pick<Client, 'get'>): Promise<SourceFailure | undefined> {
  // Who may see applications may not see namespaces.
  const noted = await client.get(NAMESPACES, SYSTEM_NAMESPACE).catch(ignoring('NotFound', 'Forbidden'));
  const message = noted?.metadata.annotations?.[SOURCE_FAILURE_ANNOTATION];
  return message === undefined ? undefined : { message, commit: noted?.metadata.annotations?.[REFUSED_COMMIT_ANNOTATION] };
}

/** A person stops an application whose policy is in Git, without a commit. */
export const SUSPENDED_ANNOTATION = 'slipway.dev/suspended';

/** When a person last let an application go on. */
export const RESUMED_ANNOTATION = 'slipway.dev/resumed';

/** What a person says to an application beside its policy. */
export const ORDERS = [APPROVED_ANNOTATION, SUSPENDED_ANNOTATION, RESUMED_ANNOTATION] as const;

const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'slipway' };
const SHORTEST_APPROVAL = 7;
const TRIES = 5;

export type ApplicationStatus = NonNullable<Application['status']>;

/** The Application objects: made where nobody declared one, and the only memory that outlives the process. */
export class ApplicationObjects {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async list(): Promise<readonly Application[]> {
    return (await this.#client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE })).items;
  }

  async ensureNamespace(): Promise<void> {
    if (await this.#absent(this.#client.get(NAMESPACES, SYSTEM_NAMESPACE))) {
      const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE, labels: MANAGED_BY } };
      await this.#client.create(NAMESPACES, namespace).catch(ignoring('AlreadyExists'));
    }
  }

  /** What keeps the commits from being followed; undefined when nothing does. */
  async noteSource(failure: SourceFailure | undefined): Promise<void> {
    if (equalJson(await readSourceFailure(this.#client), failure)) return;
    const annotations = { [SOURCE_FAILURE_ANNOTATION]: failure?.message ?? null, [REFUSED_COMMIT_ANNOTATION]: failure?.commit ?? null };
    await this.#client.patch({ kind: NAMESPACES, name: SYSTEM_NAMESPACE }, { type: 'merge', patch: { metadata: { annotations } } });
  }

  /** The application as it is; made when it is not there. */
  async ensure(wanted: Pick<Wanted, 'name' | 'path' | 'tree' | 'spec'>): Promise<Application> {
    const { name, path, spec } = wanted;
    const found = await this.#client.get(APPLICATIONS, name, SYSTEM_NAMESPACE).catch(ignoring('NotFound'));
    if (found) return isReleased(found, wanted) ? this.#release(found) : found;
    const made: Application = {
      apiVersion: 'slipway.dev/v1',
      kind: 'Application',
      metadata: { name, namespace: SYSTEM_NAMESPACE, labels: MANAGED_BY },
      spec: spec ?? { path },
    };
    return this.#client.create(APPLICATIONS, made);
  }

  async #release({ metadata: { name }, spec }: Application): Promise<Application> {
    const nothing = Object.fromEntries(Object.keys(spec).map((member) => [member, null]));
    const labels = { ...MANAGED_BY, [APPLICATION_LABEL]: null };
    const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name };
    return this.#client.patch(target, { type: 'merge', patch: { metadata: { labels }, spec: { ...nothing, path: spec.path } } });
  }

  /** Writes the status that `next` makes of the present one, if that differs. */
  async writeStatus(
    name: string,
    next: (status: ApplicationStatus, spec: Application['spec']) => ApplicationStatus,
    because?: string,
  ): Promise<Application | undefined> {
    for (let attempt = 1; ; attempt++) {
      const present = await this.#client.get(APPLICATIONS, name, SYSTEM_NAMESPACE).catch(ignoring('NotFound'));
      if (!present) return undefined;
      const status = next(present.status ?? {}, present.spec);
      if (equalJson(status, present.status ?? {})) return present;
      try {
        return await this.#client.updateStatus(APPLICATIONS, { ...present, status }, { because });
      } catch (error) {
        if (!isStatus(error, 'Conflict') || attempt === TRIES) throw error;
      }
    }
  }

  /** An application that is gone from Git, with everything it had. */
  async remove({ metadata }: Application): Promise<void> {
    const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: metadata.name };
    await this.#client.delete(target, { preconditions: { uid: metadata.uid } }).catch(ignoring('NotFound', 'Conflict'));
  }

  async #absent(read: Promise<unknown>): Promise<boolean> {
    return (await read.catch(ignoring('NotFound'))) === undefined;
  }
}

/** Nobody declared it, so nobody keeps it when its directory is gone. */
export function isMadeHere({ metadata }: Application): boolean {
  return Object.entries(MANAGED_BY).every(([name, value]) => metadata.labels?.[name] === value);
}

/** A commit wrote it down, and the present one has its directory and does not. */
export function isReleased({ metadata }: Application, { spec, tree }: Pick<Wanted, 'spec' | 'tree'>): boolean {
  return spec === undefined && tree !== undefined && metadata.labels?.[APPLICATION_LABEL] !== undefined;
}

/** What is known of an application before its commit is read. */
export function toKnown(application: Application): KnownApplication {
  const { metadata, spec } = application;
  const path = normalizePath(spec.path);
  const by = metadata.labels?.[APPLICATION_LABEL] === undefined ? 'hand' : 'commit';
  const written = by === 'hand' && isMadeHere(application) ? {} : { written: { by, spec: { ...spec, path } } as const };
  return { name: metadata.name, path, namespace: spec.namespace ?? 'default', ...written };
}

/** Approved are what would be changed, by its digest, or all that a commit brings. */
export function isApproved({ metadata }: Application, { commit, digest }: Pick<ApplicationPlan, 'commit' | 'digest'>): boolean {
  const approved = metadata.annotations?.[APPROVED_ANNOTATION] ?? '';
  return approved.length >= SHORTEST_APPROVAL && (approved === digest || commit.oid.startsWith(approved));
}

/** By whom the plan was agreed to, if it had to be. */
export function approvalOf(application: Application, plan: Pick<ApplicationPlan, 'commit' | 'digest'>): string | undefined {
  return isApproved(application, plan) ? application.metadata.annotations?.[APPROVED_ANNOTATION] : undefined;
}

export function isSuspended({ metadata }: Application): boolean {
  return metadata.annotations?.[SUSPENDED_ANNOTATION] !== undefined;
}

function ignoring(...reasons: Parameters<typeof isStatus>[1][]): (error: unknown) => undefined {
  return (error) => {
    if (!isStatus(error, ...reasons)) throw error;
  };
}
