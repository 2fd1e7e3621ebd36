import type { Client } from '../../src/client/index.ts';
import type { ApplicationPlan } from '../../src/gitops/index.ts';
import { inventoryAfter } from '../../src/gitops/apply/inventory.ts';
import { applyPlan, type ApplyReport, type ApplyTools } from '../../src/gitops/apply/apply.ts';
import { DesiredBuilder, type Desired } from '../../src/gitops/desired/desired.ts';
import { KindLookup } from '../../src/gitops/desired/kinds.ts';
import { liveOf } from '../../src/gitops/plan/live.ts';
import { makePlan } from '../../src/gitops/plan/plan.ts';
import type { Elsewhere } from '../../src/gitops/plan/prunes.ts';
import { RenderCache } from '../../src/gitops/render/cache.ts';
import { render } from '../../src/gitops/render/render.ts';
import { Veil } from '../../src/gitops/veil.ts';
import { silentLog } from '../../src/base/index.ts';
import type { InventoryItem } from '../../src/model/index.ts';
import { healthOf } from '../../src/status/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { COMMIT, snapshotOf } from './values.ts';

export type Files = Readonly<Record<string, string>>;

export const NOWHERE: Elsewhere = { claimant: () => undefined, isTakenOver: () => true, doubt: () => undefined, has: () => false };

/** The stages from files to the cluster for the application `web`, one by one, against an API server in memory. */
export class Planning {
  readonly plane: ControlPlane;
  readonly veil = new Veil('key');
  readonly kinds: KindLookup;
  /** Writes as the pipeline does. */
  readonly client: Client;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
    this.client = plane.client.as('slipway');
    this.kinds = new KindLookup(this.client);
  }

  static async create(): Promise<Planning> {
    return new Planning(await controlPlane());
  }

  async desired(files: Files): Promise<Desired> {
    const [directory] = snapshotOf(files).directories;
    const rendered = directory ? await render(directory, new RenderCache()) : { objects: [], problems: [], unread: [] };
    return new DesiredBuilder(this.kinds, this.veil).build(rendered, { application: 'web', namespace: 'default', revision: '1a2b3c4' });
  }

  async plan(files: Files, inventory: readonly InventoryItem[] = [], elsewhere = NOWHERE): Promise<ApplicationPlan> {
    const { client, kinds, veil } = this;
    return makePlan(
      { commit: COMMIT, desired: await this.desired(files), inventory, prune: true, elsewhere },
      { client, live: liveOf(client), kinds, veil },
    );
  }

  apply(plan: ApplicationPlan, rest: { readonly [Name in keyof ApplyTools]?: ApplyTools[Name] } = {}): Promise<ApplyReport> {
    const { client, veil } = this;
    const look: ApplyTools['look'] = async (target) => {
      const object = await liveOf(client).read(target);
      return object ? healthOf(object) : { state: 'Missing' };
    };
    const waits = { look, run: 'run.1', told: () => undefined, isReplaced: () => false, isOverdue: () => false };
    return applyPlan(plan, { client, live: liveOf(client), veil, log: silentLog, superseded: () => false, ...waits, ...rest });
  }

  /** Plans and applies, and waits for nobody; gives what is owned afterwards. */
  async sync(files: Files, inventory: readonly InventoryItem[] = []): Promise<readonly InventoryItem[]> {
    const plan = await this.plan(files, inventory);
    return inventoryAfter(inventory, plan, await this.apply(plan, { look: async () => ({ state: 'Healthy' }) }));
  }
}
