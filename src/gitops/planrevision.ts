import { isStatus, type Random } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { APPLICATIONS, SYSTEM_NAMESPACE, type Application } from '../model/index.ts';
import { withinBudget } from './apply/budget.ts';
import { DesiredBuilder } from './desired/desired.ts';
import { KindLookup } from './desired/kinds.ts';
import { MANAGER } from './plan/changes.ts';
import { liveOf } from './plan/live.ts';
import { makePlan } from './plan/plan.ts';
import type { ApplicationPlan } from './plan/steps.ts';
import { RenderCache } from './render/cache.ts';
import type { Commit } from './source/snapshot.ts';
import type { Source } from './source/source.ts';
import { isApproved } from './sync/applications.ts';
import { Intake, type Wanted } from './sync/intake.ts';
import { goesBack } from './sync/past.ts';
import { Veil } from './veil.ts';

/** What a commit would change in the cluster now. */
export interface RevisionPlan {
  readonly commit: Commit;
  /** One for each application of the commit or of the cluster, by name. */
  readonly applications: readonly ApplicationPlan[];
}

export interface PlanRevisionOptions {
  readonly source: Source;
  /** A branch, a tag or a commit; the tip where none is given. */
  readonly rev?: string;
  readonly client: Client;
  readonly random: Random;
}

/** Plans a commit against the live cluster, and writes nothing. */
export async function planRevision({ source, rev, client: given, random }: PlanRevisionOptions): Promise<RevisionPlan> {
  const client = given.as(MANAGER);
  const veil = new Veil(random.hex(32));
  const kinds = new KindLookup(client);
  const known = new Map((await listApplications(client)).map((application) => [application.metadata.name, application] as const));
  const intake = new Intake(new DesiredBuilder(kinds, veil), new RenderCache());
  const snapshot = await source.snapshot(rev);
  const wanted = await intake.take(
    snapshot,
    [...known.values()].map(({ metadata, spec }) => ({ name: metadata.name, path: spec.path, namespace: spec.namespace ?? 'default' })),
  );

  const planOne = async (one: Wanted): Promise<ApplicationPlan> => {
    const application = known.get(one.name);
    const inventory = application?.status?.inventory ?? [];
    const input = {
      commit: snapshot.commit,
      desired: one.desired,
      inventory,
      prune: application?.spec.prune ?? true,
      elsewhere: intake.elsewhere(one.name),
    };
    const plan = await makePlan(input, { client, live: liveOf(client), kinds, veil });
    if (!application) return plan;
    const approved = isApproved(application, snapshot.commit.oid);
    return withinBudget({ plan, owned: inventory.length, approved, goesBack: () => goesBack(one, application, source) });
  };
  const applications: ApplicationPlan[] = [];
  for (const one of wanted) applications.push(await planOne(one));
  return { commit: snapshot.commit, applications };
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
