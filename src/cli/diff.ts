import { systemRandom } from '../base/index.ts';
import { planRevision, type ApplicationPlan, type PlanFormat } from '../gitops/index.ts';
import { APPLICATIONS } from '../model/index.ts';
import { findApplication } from './applications.ts';
import { connect, type Where } from './connect.ts';
import { finish, followed } from './plan.ts';

/** What the cluster has otherwise than the commits that were applied: as the plan that would put it back. */
export async function diff(application: string | undefined, options: Where & { output: PlanFormat }): Promise<number> {
  const connection = connect(options);
  try {
    const { client } = connection;
    if (application !== undefined) await findApplication(client, application);
    const source = await followed(connection);
    const { items } = await client.list(APPLICATIONS);
    const applied = items.filter(
      ({ metadata, status }) => status?.revision && (application === undefined || metadata.name === application),
    );
    const plans: ApplicationPlan[] = [];
    for (const revision of new Set(applied.map(({ status }) => status!.revision!))) {
      const names = new Set(applied.filter(({ status }) => status!.revision === revision).map(({ metadata }) => metadata.name));
      const { applications } = await planRevision({ source, snapshot: await source.snapshot(revision), client, random: systemRandom });
      plans.push(...applications.filter((plan) => names.has(plan.application)));
    }
    return finish(
      plans.toSorted((a, b) => (a.application < b.application ? -1 : 1)),
      options.output,
    );
  } finally {
    await connection.close();
  }
}
