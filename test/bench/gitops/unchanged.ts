import { createLog, Scope, systemClock, systemRandom } from '../../../src/base/index.ts';
import { prepareDataDir, startDaemon } from '../../../src/daemon/index.ts';
import { DesiredBuilder } from '../../../src/gitops/desired/desired.ts';
import { KindLookup } from '../../../src/gitops/desired/kinds.ts';
import { openSource } from '../../../src/gitops/index.ts';
import { liveOf } from '../../../src/gitops/plan/live.ts';
import { makePlan } from '../../../src/gitops/plan/plan.ts';
import { RenderCache } from '../../../src/gitops/render/cache.ts';
import { Intake } from '../../../src/gitops/sync/intake.ts';
import { ObjectWatch } from '../../../src/gitops/sync/watch.ts';
import { Veil } from '../../../src/gitops/veil.ts';
import { APPLICATIONS, SYSTEM_NAMESPACE } from '../../../src/model/index.ts';

const ROUNDS = 5;

/** How long planning alone takes where nothing has changed, beside a daemon in this process that has everything in memory. */
export async function planUnchanged(repository: string, dataDir: string): Promise<readonly number[]> {
  const scope = new Scope('bench');
  prepareDataDir(dataDir);
  const settings = { repository, dataDir, listen: { host: '127.0.0.1', port: 0 }, runtime: 'simulated' as const, nodes: 1 };
  const log = createLog({ level: 'error' });
  const { client } = await startDaemon({ settings, clock: systemClock, random: systemRandom, log, scope });
  const own = client.as('slipway');
  const kinds = new KindLookup(own);
  const veil = new Veil('bench');
  const intake = new Intake(new DesiredBuilder(kinds, veil), new RenderCache());
  const source = await openSource(repository);
  const wanted = await intake.take(await source.snapshot(), []);
  const { items } = await own.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE });
  const watch = new ObjectWatch(own, { drifted: () => {}, unsettled: () => {}, moved: () => {} });
  const inventories = new Map(items.map(({ metadata, status }) => [metadata.name, status?.inventory ?? []] as const));
  const kindOf = await kinds.resolve([...inventories.values()].flat());
  await watch.open(new Set([...inventories.values()].flat().flatMap((item) => kindOf(item) ?? [])));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    for (const { name, desired, commit } of wanted) {
      const input = { commit, desired, inventory: inventories.get(name) ?? [], prune: true, elsewhere: intake.elsewhere(name) };
      const { steps } = await makePlan(input, { client: own, live: liveOf(own, watch.glimpse), kinds, veil });
      const changing = steps.find(({ op }) => op !== 'keep');
      if (changing) throw new Error(`the plan would ${changing.op} ${changing.target.name}`);
    }
    times.push(performance.now() - began);
  }
  watch.close();
  await scope.close();
  return times;
}
