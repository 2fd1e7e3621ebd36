import { messageOf, type Log } from '../../base/index.ts';
import type { DataPlane, Listener } from '../dataplane.ts';
import { formatTarget, type Route, type Target } from '../routes.ts';
import { deleteTable, emptyTable, rulesOf, transactionOf, type RouteRules } from './rules.ts';

export interface NftOptions {
  /** Of our own: whatever else the machine's firewall does is left alone. */
  readonly table: string;
  /** What the table says of whose it is. */
  readonly comment?: string;
  /** Carries out the commands as one transaction. */
  readonly apply: (commands: string) => Promise<void>;
  /** Forgets where the kernel sends the datagrams of clients that talk to this address; to this endpoint, or to any. */
  readonly forget: (address: Target, endpoint?: Target) => Promise<void>;
  readonly log: Log;
}

interface InForce {
  readonly route: Route;
  readonly rules: RouteRules;
}

interface Change {
  readonly id: string;
  readonly route: Route | undefined;
  readonly done: PromiseWithResolvers<void>;
}

/** Lets the kernel carry the connections: changes that come together are one transaction. */
export class NftPlane implements DataPlane {
  readonly refuses = true;
  readonly #options: NftOptions;
  readonly #inForce = new Map<string, InForce>();
  readonly #hairpins = new Map<string, number>();
  #isLaid = false;
  #waiting: Change[] = [];
  #working: Promise<void> | undefined;

  constructor(options: NftOptions) {
    this.#options = options;
  }

  /** Until then an earlier life's table is in force: what runs on goes on being reached. */
  async begin(routes: readonly Route[]): Promise<void> {
    if (routes.length === 0) return this.#layAgain(new Map());
    // What the kernel refuses is told when it is opened.
    await Promise.allSettled(routes.map((route) => this.#change(route.id, route)));
  }

  async open(route: Route): Promise<Listener> {
    await this.#change(route.id, route);
    return { update: (now) => this.#change(now.id, now), close: () => this.#change(route.id, undefined) };
  }

  async close(): Promise<void> {
    await this.#working;
    await this.#options.apply(deleteTable(this.#options.table));
  }

  #change(id: string, route: Route | undefined): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ id, route, done });
    this.#working ??= this.#work();
    return done.promise;
  }

  async #work(): Promise<void> {
    // What is said in the same turn goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      if (await this.#tryTogether(batch)) continue;
      for (const change of batch) await this.#tryTogether([change]);
    }
    this.#working = undefined;
  }

  /** One that the kernel refuses must not hold up the others: alone it is told so. */
  async #tryTogether(batch: readonly Change[]): Promise<boolean> {
    // Of several changes of one route the last one counts.
    const last = new Map(batch.map(({ id, route }) => [id, route && { route, rules: rulesOf(route) }]));
    const changes = [...last].map(([id, after]) => ({ id, before: this.#inForce.get(id), after }));
    const hairpins = this.#countHairpins(changes.map(({ before, after }) => [before?.rules.hairpins ?? [], after?.rules.hairpins ?? []]));
    const rules = changes.map(({ before, after }) => ({ before: before?.rules, after: after?.rules }));
    const commands = transactionOf(this.#options.table, rules, hairpins);
    try {
      if (!this.#isLaid) await this.#layAgain(last);
      else if (commands !== '') await this.#options.apply(commands).catch(() => this.#layAgain(last));
    } catch (error) {
      if (batch.length === 1) batch[0]!.done.reject(error as Error);
      return false;
    }
    for (const pair of [...hairpins.added, ...hairpins.removed]) this.#hairpins.delete(pair);
    for (const [pair, count] of hairpins.counts) if (count > 0) this.#hairpins.set(pair, count);
    for (const { id, after } of changes) {
      if (after) this.#inForce.set(id, after);
      else this.#inForce.delete(id);
    }
    for (const { before, after } of changes) await this.#forgetClients(before?.route, after?.route);
    for (const { done } of batch) done.resolve();
    return true;
  }

  /** All of it, with what changes now, in place of what is there: also when somebody has cleared the firewall. */
  async #layAgain(changes: ReadonlyMap<string, InForce | undefined>): Promise<void> {
    const { table, comment, apply } = this.#options;
    const all = new Map<string, InForce | undefined>([...this.#inForce, ...changes]);
    const rules = [...all.values()].flatMap((each) => each?.rules ?? []);
    const hairpins = { added: [...new Set(rules.flatMap((each) => each.hairpins))], removed: [] };
    await apply(
      emptyTable(table, comment) +
        transactionOf(
          table,
          rules.map((after) => ({ before: undefined, after })),
          hairpins,
        ),
    );
    this.#isLaid = true;
  }

  /** An endpoint of several routes has one entry. */
  #countHairpins(changes: readonly (readonly [readonly string[], readonly string[]])[]) {
    const counts = new Map<string, number>();
    const count = (pair: string) => counts.get(pair) ?? this.#hairpins.get(pair) ?? 0;
    for (const [before, after] of changes) {
      for (const pair of before) counts.set(pair, count(pair) - 1);
      for (const pair of after) counts.set(pair, count(pair) + 1);
    }
    const added = [...counts].filter(([pair, now]) => now > 0 && !this.#hairpins.has(pair)).map(([pair]) => pair);
    const removed = [...counts].filter(([pair, now]) => now === 0 && this.#hairpins.has(pair)).map(([pair]) => pair);
    return { counts, added, removed };
  }

  /** A connection ends with its endpoint; datagrams would go on to where it was. */
  async #forgetClients(before: Route | undefined, after: Route | undefined): Promise<void> {
    const route = after ?? before;
    if (route?.protocol !== 'UDP') return;
    const kept = new Set(after?.endpoints.map(formatTarget));
    const gone = before?.endpoints.filter((endpoint) => !kept.has(formatTarget(endpoint))) ?? [];
    const isFirst = kept.size > 0 && !before?.endpoints.length;
    try {
      if (isFirst) await this.#options.forget(route);
      for (const endpoint of gone) await this.#options.forget(route, endpoint);
    } catch (error) {
      this.#options.log.warn({ service: route.service, error: messageOf(error) }, 'datagrams may go on to endpoints that have left');
    }
  }
}
