import type { Millis } from '../../base/index.ts';
import { parseTime, type Application, type InventoryItem, type KindRef, type Manifest } from '../../model/index.ts';
import { applyPlan, type ApplyReport } from '../apply/apply.ts';
import { withinBudget } from '../apply/budget.ts';
import { inventoryAfter } from '../apply/inventory.ts';
import type { History } from '../history/history.ts';
import { isReplacedBy, toldBy } from '../history/record.ts';
import { Pace } from '../pace.ts';
import { liveOf } from '../plan/live.ts';
import { makePlan, type PlanInput } from '../plan/plan.ts';
import { changingSteps, type ApplicationPlan } from '../plan/steps.ts';
import { approvalOf, isApproved } from './applications.ts';
import { clean, endRunning } from './clean.ts';
import { isOverdue } from './deadline.ts';
import { withEndHooks } from './end.ts';
import { foundationsOf, whatIsToCome } from './others.ts';
import { goesBack, hasNewContent } from './past.ts';
import { awaitOthers, refuse, settle, wait, type SyncEnd } from './settle.ts';
import { hasStopped, whyItWaits } from './stops.ts';
import { tellOutcome, tellPlan } from './tell.ts';
import type { SyncTools } from './tools.ts';
import { policyOf, type Wanted } from './wanted.ts';

/** Objects of an application: some passes over all of them take a turn of their own. */
const OBJECTS_PER_TURN = 2_000;
const pace = new Pace(OBJECTS_PER_TURN);

/** One application from the commit to the cluster: plan, budget, apply, status. */
export async function syncApplication(seen: Wanted, tools: SyncTools, superseded: () => boolean): Promise<SyncEnd> {
  const { applications, watch, kinds } = tools;
  const application = await applications.ensure(seen);
  const whole = seen.tree === undefined && !tools.history.hasEnded(application) ? await atItsEnd(seen, application, tools) : seen;
  const lack = whole.desired.problems.length > 0 ? undefined : await whatIsToCome(whole, application, tools);
  if (lack && !lack.isMutual) return awaitOthers(whole, lack, tools);
  const wanted = lack ? foundationsOf(whole, lack) : whole;
  const before = watch.inventory(wanted.name);
  const objects = wanted.desired.objects.map(({ object }) => object);
  let kindOf = await kinds.resolve([...before, ...objects]);
  await watch.open(served([...before, ...objects], kindOf));
  if (await hasStopped(wanted, application, tools)) return 'settled';
  watch.begin(wanted.name);
  let inventory = before;
  try {
    const started = tools.clock.now();
    const made = await planOf(wanted, application, before, tools);
    await pace.spend(objects.length);
    if (made.problems.length > 0) return await refuse(wanted, made.problems, tools);
    const full = (await isOfDrift(made, wanted, application, tools)) ? { ...made, drift: true } : made;
    const waits = changingSteps(full).length > 0 ? await whyItWaits(wanted, full, application, tools) : undefined;
    if (waits) return await wait(wanted, full, waits, tools);
    const plan = tools.history.resumed(full) ? full : await judge(full, wanted, application, tools);
    const { report, name, since } = await run(plan, { wanted, application, planMs: tools.clock.now() - started, superseded }, tools);
    inventory = inventoryAfter(before, plan, report);
    await pace.spend(inventory.length);
    // Kinds that the plan itself brought are served by now.
    kindOf = await kinds.resolve([...inventory, ...objects]);
    await watch.open(served(inventory, kindOf));
    await watch.own(wanted.name, inventory, kindOf, pace);
    const end = await settle({ wanted, application, plan, report, inventory, name, since }, tools);
    await pace.spend(inventory.length);
    return end;
  } finally {
    watch.end(wanted.name, inventory, kindOf);
  }
}

async function atItsEnd(wanted: Wanted, application: Application, { source, intake, applications }: SyncTools): Promise<Wanted> {
  return withEndHooks(wanted, application, { source, intake, applications: await applications.list() });
}

function served(
  objects: readonly Pick<Manifest, 'apiVersion' | 'kind'>[],
  kindOf: (object: Pick<Manifest, 'apiVersion' | 'kind'>) => KindRef<Manifest> | undefined,
): Set<KindRef<Manifest>> {
  return new Set(objects.flatMap((object) => kindOf(object) ?? []));
}

async function planOf(
  wanted: Wanted,
  application: Application,
  inventory: readonly InventoryItem[],
  tools: SyncTools,
): Promise<ApplicationPlan> {
  const { client, kinds, veil, watch, intake } = tools;
  const { commit, desired, name, tree } = wanted;
  const { prune = true, ignore, createNamespace } = policyOf(wanted, application);
  const input = {
    commit,
    desired,
    inventory,
    prune: prune && !wanted.lack,
    elsewhere: intake.elsewhere(name),
    hooks: await whenHooksRun(wanted, application, tools),
  };
  return makePlan(
    { ...input, createNamespaces: createNamespace, goes: tree === undefined },
    { client, live: liveOf(client, watch.glimpse), kinds, veil, ignore },
  );
}

/** Each commit runs them once; what others changed since is put back without them. */
async function whenHooksRun(wanted: Wanted, application: Application, { history, source }: SyncTools): Promise<PlanInput['hooks']> {
  if (wanted.desired.hooks.length === 0) return 'never';
  if (wanted.tree === undefined || application.status?.revision === undefined || isUnfinished(wanted, history)) return 'always';
  return (await hasNewContent(wanted, application, source)) ? 'with changes' : 'never';
}

/** Whether it only puts back what others changed: nothing is pruned for that. */
async function isOfDrift(
  plan: ApplicationPlan,
  wanted: Wanted,
  application: Application,
  { history, source }: SyncTools,
): Promise<boolean> {
  const steps = changingSteps(plan);
  if (steps.length === 0 || steps.some(({ op }) => op === 'prune') || wanted.tree === undefined || isUnfinished(wanted, history))
    return false;
  return !(await hasNewContent(wanted, application, source));
}

/** Whether a commit was begun and did not come to its end. */
function isUnfinished({ name }: Wanted, history: History): boolean {
  const open = history.unfinished(name);
  return open !== undefined && !open.spec.drift;
}

/** What was begun is not judged again: a person may have agreed to it as a whole. */
function judge(plan: ApplicationPlan, wanted: Wanted, application: Application, tools: SyncTools): Promise<ApplicationPlan> {
  const { budget, prune = true } = policyOf(wanted, application);
  return withinBudget({
    plan,
    owned: application.status?.objects,
    approved: (digest) => isApproved(application, { commit: wanted.commit, digest }),
    goesBack: () => goesBack(wanted, application, tools),
    doubt: prune ? wanted.unknownHooks : undefined,
    budget,
  });
}

interface RunContext {
  readonly wanted: Wanted;
  readonly application: Application;
  readonly planMs: number;
  readonly superseded: () => boolean;
}

async function run(
  plan: ApplicationPlan,
  { wanted, application, planMs, superseded }: RunContext,
  tools: SyncTools,
): Promise<{ report: ApplyReport; name?: string; since?: Millis }> {
  const { client, veil, log, watch, history, clock } = tools;
  const resumed = history.resumed(plan);
  if (!resumed) await endRunning(history.unfinished(plan.application), tools);
  if (changingSteps(plan).length === 0 && !resumed) {
    await history.close(plan.application);
    return { report: await applyPlan(plan, { ...NOTHING_TO_RUN, client, live: liveOf(client, watch.glimpse), veil, log, superseded }) };
  }
  const started = clock.now();
  const kept = await history.begin(plan, { readMs: wanted.readMs, planMs });
  // One that cannot even be kept is begun again, and would be told each time.
  if (!resumed) await tellPlan(plan, tools, approvalOf(application, plan));
  await pace.spend(plan.steps.length);
  const report = await applyPlan(plan, {
    client,
    live: liveOf(client, watch.glimpse),
    veil,
    log,
    superseded,
    look: (target, written) => watch.look(target, written, client),
    run: `${kept.metadata.name}.${kept.status?.attempt ?? 1}`,
    told: kept.status?.steps ? toldBy(kept) : NOTHING_TO_RUN.told,
    isReplaced: isReplacedBy(kept),
    isOverdue: (stage) => isOverdue(kept, stage, policyOf(wanted, application), clock.now()),
  });
  const ended = await history.end(kept, plan, report, { planMs: resumed ? planMs : 0, applyMs: clock.now() - started });
  const { metadata, status } = ended;
  // What is told to people must survive a crash.
  if (metadata.resourceVersion) await client.durable(metadata.resourceVersion);
  if (report.ended === 'superseded') await endRunning(ended, tools);
  await clean(plan, report, client);
  if (!report.gate || status?.waiting?.since !== kept.status?.waiting?.since || status?.phase !== kept.status?.phase)
    tellOutcome(plan, report, metadata.name, clock.now() - started, tools);
  return { report, name: metadata.name, since: parseTime(status?.waiting?.since ?? '') };
}

const NOTHING_TO_RUN = {
  look: async () => ({ state: 'Healthy' }) as const,
  run: '',
  told: () => undefined,
  isReplaced: () => false,
  isOverdue: () => false,
};
