import { standsStill, type Source, type SourceFailure } from '../gitops/index.ts';
import type { Application } from '../model/index.ts';

export interface Seen {
  readonly applications: readonly Application[];
  /** The only one that is asked for. */
  readonly name: string | undefined;
  /** Those that were there at any time since it is looked at. */
  readonly known: ReadonlySet<string>;
  readonly failure: SourceFailure | undefined;
  /** What is to be arrived at; undefined where that is not known here. */
  readonly tip: Tip | undefined;
}

/** A commit that is not here yet is named by the remote. */
export interface Tip {
  readonly commit: string;
  readonly isFetched: boolean;
}

export type Progress =
  | { readonly kind: 'there'; readonly message: string }
  | { readonly kind: 'behind'; readonly reasons: readonly string[] }
  /** It does not go on by itself. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

type PastSource = Pick<Source, 'past'>;

/** How far the applications are from what the last commit says. */
export async function judgeProgress({ applications, name, known, failure, tip }: Seen, source: PastSource | undefined): Promise<Progress> {
  if (tip && !tip.isFetched) {
    const why = failure ? `: ${failure.message}` : '';
    return { kind: 'behind', reasons: [`${tip.commit.slice(0, 7)} is to be fetched${why}`] };
  }
  if (failure?.commit !== undefined && (tip === undefined || tip.commit === failure.commit)) {
    return { kind: 'refused', reasons: [failure.message] };
  }
  const behind: string[] = failure && failure.commit === undefined ? [failure.message] : [];
  const refused: string[] = [];
  const asked = applications.filter(({ metadata }) => name === undefined || metadata.name === name);
  for (const application of asked) {
    const why = await whyNotThere(application, tip?.commit, source);
    if (why === undefined) continue;
    (why.isFinal ? refused : behind).push(`${application.metadata.name}: ${why.message}`);
  }
  if (refused.length > 0) return { kind: 'refused', reasons: refused };
  if (behind.length > 0) return { kind: 'behind', reasons: behind };
  if (asked.length > 0) return { kind: 'there', message: `${name ?? 'every application'} is as its commit says, and healthy` };
  const isGone = name === undefined ? known.size > 0 : known.has(name);
  if (isGone) return { kind: 'there', message: `${name ?? 'every application'} is gone, as the last commit says` };
  return { kind: 'behind', reasons: [name === undefined ? 'there is no application yet' : `there is no application ${name} yet`] };
}

interface Why {
  readonly message: string;
  readonly isFinal: boolean;
}

/** Undefined: it is there. */
async function whyNotThere(application: Application, tip: string | undefined, source: PastSource | undefined): Promise<Why | undefined> {
  const { spec, status } = application;
  if (!(await hasSeen(tip, spec.path, status?.observedRevision, source))) return later('the last commit is to be seen');
  const condition = status?.conditions?.find(({ type }) => type === 'Synced');
  if (status?.sync !== 'Synced') {
    const { reason = 'Unknown', message = '' } = condition ?? {};
    if (reason === 'Problems') return { message: `${message}\nNothing of it is changed: mend it and commit again`, isFinal: true };
    if (standsStill(application, spec)) return { message: `${reason}: ${message}`, isFinal: true };
    return later(`${reason}: ${firstLine(message)}`);
  }
  return status.health === 'Healthy' ? undefined : later(`${status.health}: ${firstLine(status.healthMessage ?? '')}`);
}

const later = (message: string): Why => ({ message, isFinal: false });

const firstLine = (text: string) => text.split('\n', 1)[0]!;

/** An application looks at the commits that change it. */
async function hasSeen(
  tip: string | undefined,
  path: string,
  observed: string | undefined,
  source: PastSource | undefined,
): Promise<boolean> {
  if (!source || tip === undefined || tip === observed) return true;
  if (observed === undefined) return false;
  const [now, then] = await Promise.all([tip, observed].map((commit) => treeAt(source, commit, path)));
  return now === then;
}

async function treeAt(source: PastSource, commit: string, path: string): Promise<string | undefined> {
  for await (const { tree } of source.past(commit, path, 1)) return tree;
  return undefined;
}
