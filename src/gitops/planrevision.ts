import { isStatus, type Random } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { APPLICATIONS, SYSTEM_NAMESPACE, type Application } from '../model/index.ts';
import { withinBudget } from './apply/budget.ts';
import { DesiredBuilder } from './desired/desired.ts';
import { KindLookup } from './desired/kinds.ts';
import { MANAGER } from './plan/changes.ts';
import { liveOf } from './plan/live.ts';
import { compareWanted, OFFLINE_KINDS } from './plan/compare.ts';
import { makePlan, type PlanInput } from './plan/plan.ts';
import type { ApplicationPlan } from './plan/steps.ts';
import { RenderCache } from './render/cache.ts';
import type { Commit, Snapshot } from './source/snapshot.ts';
import type { Source } from './source/source.ts';
import { isApproved, isReleased, toKnown } from './sync/applications.ts';
import { withEndHooks } from './sync/end.ts';
import { Intake } from './sync/intake.ts';
import type { Wanted } from './sync/wanted.ts';
import { goesBack, hasNewContent } from './sync/past.ts';
import { Veil } from './veil.ts';

/** What a commit would change in the cluster now. */
export interface RevisionPlan {
  readonly commit: Commit;
  /** One for each application of the commit or of the cluster, by name. */
  readonly applications: readonly ApplicationPlan[];
  /** Of all that are there, where only one was asked for. */
  readonly names: readonly string[];
}

export interface PlanRevisionOptions {
  readonly source: Source;
  /** A commit, or what has not been committed. */
  readonly snapshot: Snapshot;
  readonly client: Client;
  readonly random: Random;
  /** The only application that is planned. */
  readonly only?: string;
}

/** Plans a commit against the live cluster, and writes nothing. */
export async function planRevision({ source, snapshot, client: given, random, only }: PlanRevisionOptions): Promise<RevisionPlan> {
  const client = given.as(MANAGER);
  const veil = new Veil(random.hex(32));
  const kinds = new KindLookup(client);
  const present = await listApplications(client);
  const known = new Map(present.map((application) => [application.metadata.name, application] as const));
  const intake = new Intake(new DesiredBuilder(kinds, veil), new RenderCache());
  const wanted = await intake.take(snapshot, present.map(toKnown));

  const planOne = async (seen: Wanted): Promise<ApplicationPlan> => {
    const application = known.get(seen.name);
    const one = application ? await withEndHooks(seen, application, { source, intake, applications: present }) : seen;
    const inventory = application?.status?.inventory ?? [];
    const {
      prune = true,
      ignore,
      createNamespace,
      budget,
    } = one.spec ?? (application && !isReleased(application, one) ? application.spec : {});
    const input = {
      commit: snapshot.commit,
      desired: one.desired,
      inventory,
      prune,
      elsewhere: intake.elsewhere(one.name),
      hooks: await whenHooksRun(one, application, source),
      createNamespaces: createNamespace,
      goes: one.tree === undefined,
    };
    const plan = await makePlan(input, { client, live: liveOf(client), kinds, veil, ignore });
    if (!application) return plan;
    const approved = (digest: string) => isApproved(application, { commit: snapshot.commit, digest });
    return withinBudget({
      plan,
      owned: application.status?.objects,
      approved,
      goesBack: () => goesBack(one, application, { source, client }),
      doubt: prune ? one.unknownHooks : undefined,
      budget,
    });
  };
  const names = wanted.map(({ name }) => name);
  const applications: ApplicationPlan[] = [];
  for (const one of wanted) if (only === undefined || one.name === only) applications.push(await planOne(one));
  return { commit: snapshot.commit, applications, names };
}

/** As a sync does: what others changed is put back without them. */
async function whenHooksRun(wanted: Wanted, application: Application | undefined, source: Source): Promise<PlanInput['hooks']> {
  const isDrift = application !== undefined && wanted.tree !== undefined && !(await hasNewContent(wanted, application, source));
  return isDrift ? 'never' : 'with changes';
}

/** What changes from one snapshot to another, without a cluster. */
export async function compareSnapshots(from: Snapshot, to: Snapshot, random: Random): Promise<readonly ApplicationPlan[]> {
  const veil = new Veil(random.hex(32));
  const cache = new RenderCache();
  const read = (snapshot: Snapshot) => new Intake(new DesiredBuilder(new KindLookup(OFFLINE_KINDS), veil), cache).take(snapshot, []);
  return compareWanted(await read(from), await read(to), to.commit, veil);
}

/** A cluster that does not know Applications owns none. */
async function listApplications(client: Client): Promise<readonly Application[]> {
  try {
    return (await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE })).items;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return [];
    throw error;
  }
}
