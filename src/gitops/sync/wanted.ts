import type { Millis } from '../../base/index.ts';
import type { Application } from '../../model/index.ts';
import type { ApplicationSpec } from '../desired/declared.ts';
import type { Desired } from '../desired/desired.ts';
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
  /** Its policy, where the commit or a person says so. */
  readonly spec: ApplicationSpec | undefined;
  /** Equal for equal divisions of the same tree. */
  readonly scope: string;
  readonly desired: Desired;
  /** Of one that is gone: what it had to run at its last commit, where this process has seen that. */
  readonly formerly?: { readonly revision: string; readonly hooks: Desired['hooks'] };
  /** Why it is not known what the application has to run before it goes: only a person may let it go then. */
  readonly unknownHooks?: string;
  /** Of a part of what is wanted: why it is no more yet. */
  readonly lack?: Lack;
  /** How long it took to read the commit. */
  readonly readMs: Millis;
  /** It is as it was found first: another commit than the one named may have brought it. */
  readonly isFirst: boolean;
}

/** What has to be there first. */
export interface Lack {
  readonly reason: 'WaitsForDefinition' | 'WaitsForOthers';
  readonly message: string;
  /** It is waited for in turn, so what others need of it goes ahead. */
  readonly isMutual: boolean;
}

/** What the commit says of an application goes before what the cluster has: it may not have been applied yet. */
export function policyOf({ spec }: Pick<Wanted, 'spec'>, application: Application): Application['spec'] {
  return spec ?? application.spec;
}

/** Where the manifests of an application go that name no namespace, and where it was when it is already known. */
export interface KnownApplication {
  readonly name: string;
  readonly path: string;
  readonly namespace: string;
  /** What somebody wrote down of it: a person into the cluster, or an earlier commit. */
  readonly written?: { readonly by: 'hand' | 'commit'; readonly spec: ApplicationSpec };
}

/** What is wanted of an application that the snapshot has no more: nothing. `last`: what was before, where that is known. */
export function vanish({ name, path, namespace }: KnownApplication, { commit, tree: root }: Snapshot, last: Wanted | undefined): Wanted {
  const desired: Desired = { application: name, objects: [], hooks: [], awaited: [], problems: [], unread: [] };
  const formerly = last?.desired.problems.length === 0 ? { revision: last.commit.oid, hooks: last.desired.hooks } : undefined;
  return {
    name,
    path,
    tree: undefined,
    root,
    commit,
    namespace,
    spec: undefined,
    scope: '',
    desired,
    formerly,
    readMs: 0,
    isFirst: false,
  };
}
