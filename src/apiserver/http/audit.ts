import type { Clock, Millis } from '../../base/index.ts';
import type { LogEntry } from '../../store/index.ts';
import type { Identity } from '../auth/index.ts';
import type { ResourceAttributes } from './attributes.ts';

/** A request as its record tells of it. */
export interface AuditedRequest {
  readonly identity: Identity;
  readonly wanted: ResourceAttributes;
  readonly address: string;
  readonly agent: string | undefined;
  /** Of what is to be made: its line does not say it. */
  readonly name?: string;
}

export interface Outcome {
  readonly code: number;
  /** Why it was refused. */
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** What is known of a request so far, for the record of how it ends. */
export class AuditTrail {
  readonly #audit: Audit;
  #request: AuditedRequest;

  constructor(audit: Audit, request: AuditedRequest) {
    this.#audit = audit;
    this.#request = request;
  }

  actsAs(identity: Identity): void {
    this.#request = { ...this.#request, identity };
  }

  /** What a client sends as a name need not be one. */
  names(name: unknown): void {
    if (typeof name === 'string') this.#request = { ...this.#request, name };
  }

  /** In the turn of the write, so that both are on disk together. */
  note(outcome: Outcome): void {
    this.#audit.note(this.#request, outcome);
  }
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const CONNECTIONS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** What is posted here is a question. */
const QUESTIONS: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

export function isAudited({ verb, group, subresource = '' }: ResourceAttributes): boolean {
  return CONNECTIONS.has(subresource) || (WRITES.has(verb) && !QUESTIONS.has(group));
}

/** So many refusals of one user are told at once, and then one whenever this time has passed. */
const BURST = 100;
const EVERY: Millis = 1000;
/** Of so many users a count is kept. */
const MOST_USERS = 256;

const LONGEST = 253;

/** What a client sends is as long as it likes, and may hold line ends. */
const cut = (text: string) => text.slice(0, LONGEST).replaceAll(/\p{Cc}/gu, '\ufffd');

interface Tally {
  left: number;
  at: Millis;
  untold: number;
}

/**
 * Tells the journal of every write who made it, from where, and how it ended; never what it held. Refusals cost their
 * sender nothing, so they are told so often only that they cannot fill the disk, with the number of those left out.
 */
export class Audit {
  readonly #record: (entry: LogEntry) => void;
  readonly #clock: Clock;
  readonly #tallies = new Map<string, Tally>();

  constructor(record: (entry: LogEntry) => void, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  begin(request: AuditedRequest): AuditTrail {
    return new AuditTrail(this, request);
  }

  note(request: AuditedRequest, outcome: Outcome): void {
    if (!isAudited(request.wanted)) return;
    const untold = outcome.code < 400 ? 0 : this.#countRefusal(request.identity.user);
    if (untold === 'wait') return;
    this.#record(entryOf(request, outcome, untold));
  }

  /** How many refusals of this user were left out before this one; or that this one is left out too. */
  #countRefusal(user: string): number | 'wait' {
    const tally = this.#tally(user);
    if (tally.left < 1) {
      tally.untold++;
      return 'wait';
    }
    tally.left--;
    const { untold } = tally;
    tally.untold = 0;
    return untold;
  }

  #tally(user: string): Tally {
    const now = this.#clock.now();
    const known = this.#tallies.get(user) ?? { left: BURST, at: now, untold: 0 };
    known.left = Math.min(BURST, known.left + (now - known.at) / EVERY);
    known.at = now;
    this.#tallies.delete(user);
    this.#tallies.set(user, known);
    if (this.#tallies.size > MOST_USERS) this.#tallies.delete(this.#tallies.keys().next().value!);
    return known;
  }
}

function entryOf(request: AuditedRequest, { code, reason, dryRun }: Outcome, untold: number): LogEntry {
  const { identity, wanted, address, agent } = request;
  const { verb, group, resource, subresource, namespace, name = request.name } = wanted;
  const { user, actor } = identity;
  const title = (group ? `${resource}.${group}` : resource) + (subresource ? `/${subresource}` : '');
  const fields = {
    user,
    ...(actor === undefined ? {} : { actor }),
    verb,
    resource: title,
    ...(namespace === undefined || resource === 'namespaces' ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(reason === undefined ? {} : { reason }),
    address,
    ...(agent === undefined ? {} : { agent }),
  };
  const told = Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, cut(text)])) as typeof fields;
  const object = [told.namespace, told.name].filter((part) => part !== undefined).join('/');
  const who = told.actor === undefined ? told.user : `${told.actor} as ${told.user}`;
  const what = `${verb} ${told.resource}${object ? ` ${object}` : ''}${dryRun ? ' (dry run)' : ''}`;
  return {
    event: 'audit',
    message: `${what} by ${who} from ${address}: ${code}${reason ? ` ${reason}` : ''}`,
    fields: { ...told, code, ...(dryRun ? { dryRun } : {}), ...(untold ? { untold } : {}) },
  };
}
