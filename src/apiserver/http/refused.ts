import { HTTP_STATUS, type Clock, type Millis, type StatusError } from '../../base/index.ts';
import { resourceName } from '../../model/index.ts';
import type { LogEntry } from '../../store/index.ts';
import type { Identity } from '../auth/index.ts';
import type { Place } from '../api.ts';
import type { Verb } from './route.ts';

/** So many refusals of one user are told at once, and then one whenever this time has passed. */
const BURST = 20;
const EVERY: Millis = 1000;
/** Of so many users a count is kept. */
const MOST_USERS = 256;

const WRITES: ReadonlySet<Verb> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

const LONGEST = 253;

/** What a client sends is as long as it likes. */
const cut = (text: string) => text.slice(0, LONGEST);

interface Tally {
  left: number;
  at: Millis;
  untold: number;
}

/** Tells the journal who was refused which write and why: never what the write held, and never so often that it fills the disk. */
export class RefusedWrites {
  readonly #record: (entry: LogEntry) => void;
  readonly #clock: Clock;
  readonly #tallies = new Map<string, Tally>();

  constructor(record: (entry: LogEntry) => void, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  note({ user, actor }: Identity, verb: Verb, { kind, namespace, name, subresource }: Place, { reason }: StatusError): void {
    if (!WRITES.has(verb)) return;
    const tally = this.#tally(user);
    if (tally.left < 1) {
      tally.untold++;
      return;
    }
    tally.left--;
    const { untold } = tally;
    tally.untold = 0;
    const resource = resourceName(kind) + (subresource ? `/${subresource}` : '');
    const object = [namespace, name]
      .filter((part) => part !== undefined)
      .map(cut)
      .join('/');
    this.#record({
      event: 'refused',
      message: `${verb} ${resource}${object ? ` ${object}` : ''} refused to ${cut(user)}: ${reason}`,
      fields: {
        user: cut(user),
        ...(actor ? { actor: cut(actor) } : {}),
        verb,
        resource,
        ...(namespace ? { namespace: cut(namespace) } : {}),
        ...(name ? { name: cut(name) } : {}),
        reason,
        code: HTTP_STATUS[reason],
        ...(untold ? { untold } : {}),
      },
    });
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
