import type { Application, InventoryItem, KindRef, Manifest } from '../../model/index.ts';
import { applyPlan, type ApplyReport } from '../apply/apply.ts';
import { withinBudget } from '../apply/budget.ts';
import { inventoryAfter } from '../apply/inventory.ts';
import { definedKinds, kindName } from '../desired/definitions.ts';
import { liveOf } from '../plan/live.ts';
import { makePlan } from '../plan/plan.ts';
import { changingSteps, type ApplicationPlan } from '../plan/steps.ts';
import { isApproved } from './applications.ts';
import type { Wanted } from './intake.ts';
import { whatIsToCome } from './others.ts';
import { goesBack, hasNewContent } from './past.ts';
import { awaitKinds, awaitOthers, refuse, settle, wait, type SyncEnd, type WaitReason } from './settle.ts';
import { tellOutcome, tellPlan } from './tell.ts';
import type { SyncTools } from './tools.ts';

/** One application from the commit to the cluster: plan, budget, apply, status. */
export async function syncApplication(wanted: Wanted, tools: SyncTools, superseded: () => boolean): Promise<SyncEnd> {
  const { applications, watch, kinds } = tools;
  const application = await applications.ensure(wanted.name, wanted.spec ?? { path: wanted.path });
  const before = watch.inventory(wanted.name);
  const objects = wanted.desired.objects.map(({ object }) => object);
  let kindOf = await kinds.resolve([...before, ...objects]);
  const own = definedKinds(objects);
  const missing = new Set(objects.filter((object) => !kindOf(object) && !own.has(kindName(object))).map(kindName));
  if (missing.size > 0 && wanted.desired.problems.length === 0) return awaitKinds(wanted, [...missing], tools);
  const others = wanted.desired.problems.length > 0 ? undefined : await whatIsToCome(wanted, application, tools);
  if (others) return awaitOthers(wanted, others, tools);
  await watch.open(served([...before, ...objects], kindOf));
  watch.begin(wanted.name);
  let inventory = before;
  try {
    const plan = await decide(wanted, application, before, tools);
    if (plan.problems.length > 0) return await refuse(wanted, plan.problems, tools);
    const waits = changingSteps(plan).length > 0 ? await whyItWaits(wanted, plan, application, tools) : undefined;
    if (waits) return await wait(wanted, plan, waits, tools);
    const { report, name } = await run(plan, tools, superseded);
    inventory = inventoryAfter(before, plan, report);
    // Kinds that the plan itself brought are served by now.
    kindOf = await kinds.resolve([...inventory, ...objects]);
    await watch.open(served(inventory, kindOf));
    return await settle({ wanted, application, plan, report, inventory, name }, tools);
  } finally {
    watch.end(wanted.name, inventory, kindOf);
  }
}

function served(
  objects: readonly Pick<Manifest, 'apiVersion' | 'kind'>[],
  kindOf: (object: Pick<Manifest, 'apiVersion' | 'kind'>) => KindRef<Manifest> | undefined,
): Set<KindRef<Manifest>> {
  return new Set(objects.flatMap((object) => kindOf(object) ?? []));
}

async function decide(
  wanted: Wanted,
  application: Application,
  inventory: readonly InventoryItem[],
  tools: SyncTools,
): Promise<ApplicationPlan> {
  const { client, kinds, veil, watch, intake } = tools;
  const live = liveOf(client, watch.glimpse);
  const prune = policyOf(wanted, application).prune ?? true;
  const input = { commit: wanted.commit, desired: wanted.desired, inventory, prune, elsewhere: intake.elsewhere(wanted.name) };
  const plan = await makePlan(input, { client, live, kinds, veil, ignore: policyOf(wanted, application).ignore });
  return withinBudget({
    plan,
    owned: application.status?.objects ?? inventory.length,
    approved: (digest) => isApproved(application, { commit: wanted.commit, digest }),
    goesBack: () => goesBack(wanted, application, tools.source),
    budget: policyOf(wanted, application).budget,
  });
}

/** What the commit says of an application goes before what the cluster has: it may not have been applied yet. */
function policyOf({ spec }: Wanted, application: Application): Application['spec'] {
  return spec ?? application.spec;
}

/** Why a plan is shown and not applied. */
async function whyItWaits(
  wanted: Wanted,
  plan: ApplicationPlan,
  application: Application,
  { source }: SyncTools,
): Promise<WaitReason | undefined> {
  const policy = policyOf(wanted, application);
  if (policy.suspend) return 'Suspended';
  if (isApproved(application, plan)) return undefined;
  if (policy.sync === 'Manual') return 'WaitsForApproval';
  if (policy.selfHeal === false && !(await hasNewContent(wanted, application, source))) return 'Drifted';
  return undefined;
}

async function run(plan: ApplicationPlan, tools: SyncTools, superseded: () => boolean): Promise<{ report: ApplyReport; name?: string }> {
  const { client, veil, log, watch, history, clock } = tools;
  const applying = { client, live: liveOf(client, watch.glimpse), veil, log, superseded };
  if (changingSteps(plan).length === 0) return { report: await applyPlan(plan, applying) };
  tellPlan(plan, tools);
  const started = clock.now();
  const kept = await history.begin(plan);
  const report = await applyPlan(plan, applying);
  const { metadata } = await history.end(kept, plan, report);
  // What is told to people must survive a crash.
  if (metadata.resourceVersion) await client.durable(metadata.resourceVersion);
  tellOutcome(plan, report, metadata.name, clock.now() - started, tools);
  return { report, name: metadata.name };
}
