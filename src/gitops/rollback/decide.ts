import { UserError } from '../../base/index.ts';
import type { Application, Plan, PlanStep } from '../../model/index.ts';
import { formatTarget } from '../desired/identity.ts';
import { RenderCache } from '../render/cache.ts';
import { render } from '../render/render.ts';
import type { Source } from '../source/source.ts';
import { normalizePath } from '../desired/declared.ts';

/** Where an application goes back to. */
export interface RollbackTarget {
  /** The commit in which it was so last. */
  readonly commit: string;
  /** What a commit cannot bring back. */
  readonly warnings: readonly string[];
}

export interface RollbackInput {
  readonly application: Application;
  /** What was done to it, in any order. */
  readonly plans: readonly Plan[];
  readonly source: Pick<Source, 'tip' | 'past' | 'snapshot'>;
  /** A commit; without it the last one that was otherwise than the present one, and not broken. */
  readonly to?: string;
}

/** How far back a state is looked for that no plan knows. */
const MOST_COMMITS = 100;

export async function decideRollback({ application, plans, source, to }: RollbackInput): Promise<RollbackTarget> {
  const { name } = application.metadata;
  const path = normalizePath(application.spec.path);
  const head = await source.tip();
  if (head === undefined) throw new UserError('the repository has no commit yet');
  const treeAt = async (commit: string) => {
    for await (const { tree } of source.past(commit, path, 1)) return tree;
    return undefined;
  };
  const present = await treeAt(head);
  if (to !== undefined) {
    const { commit } = await source.snapshot(to);
    const tree = await treeAt(commit.oid);
    if (tree === undefined) throw new UserError(`${name} was not there yet in ${commit.short} ${commit.subject}`);
    if (tree === present) throw new UserError(`${name} is as it was in ${commit.short} ${commit.subject}: there is nothing to roll back`);
    return { commit: commit.oid, warnings: lostSince(commit.oid, plans) };
  }
  const applied = application.status?.revision;
  const last = applied === undefined ? undefined : await treeAt(applied);
  // What is committed was never applied: back to what was.
  if (applied !== undefined && last !== undefined && last !== present) return { commit: applied, warnings: lostSince(applied, plans) };
  let seen = present;
  for await (const { commit, tree } of source.past(head, path, MOST_COMMITS)) {
    if (tree === seen) continue;
    seen = tree;
    if (tree !== undefined && tree !== present && (await isReadable(source, commit, path)))
      return { commit, warnings: lostSince(commit, plans) };
  }
  throw new UserError(`${name} has never been otherwise than it is now: there is nothing to roll back`);
}

/** A state that was broken is none to go back to. */
async function isReadable(source: RollbackInput['source'], commit: string, path: string): Promise<boolean> {
  const { directories } = await source.snapshot(commit);
  const top = path.split('/', 1)[0];
  const directory = directories.find((one) => one.path === top);
  if (!directory) return false;
  const { problems } = await render(directory, new RenderCache());
  return !problems.some(({ file }) => path === '.' || file.startsWith(`${path}/`));
}

const startOf = ({ status, metadata }: Plan) => status?.startedAt ?? metadata.creationTimestamp ?? '';

/** Newest first. */
const byStart = (plans: readonly Plan[]) => plans.toSorted((a, b) => (startOf(a) < startOf(b) ? 1 : startOf(a) > startOf(b) ? -1 : 0));

/** What was done after this commit and stays done. */
export function lostSince(commit: string, plans: readonly Plan[]): readonly string[] {
  const ordered = byStart(plans);
  const since = ordered.findIndex(({ spec, status }) => spec.revision === commit && status?.phase === 'Applied');
  const later = since < 0 ? ordered : ordered.slice(0, since);
  return [
    ...new Set(later.flatMap(({ spec, status }) => spec.steps.flatMap((step, i) => lossOf(step, status?.steps?.[i]?.outcome) ?? []))),
  ];
}

const EMPTIED: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: 'the data that was in it',
  PersistentVolume: 'the data that was in it',
  Namespace: 'what else was in it',
  CustomResourceDefinition: 'the objects of its kind',
};

function lossOf({ op, kind, namespace, name }: PlanStep, outcome: string | undefined): string | undefined {
  if (outcome !== 'applied') return undefined;
  const what = formatTarget({ kind: { kind }, namespace, name });
  if ((op === 'prune' || op === 'replace') && kind in EMPTIED) return `${what} was deleted: it comes back without ${EMPTIED[kind]}`;
  return kind === 'Job' && (op === 'hook' || op === 'create' || op === 'replace') ? `${what} has run: what it did stays done` : undefined;
}
