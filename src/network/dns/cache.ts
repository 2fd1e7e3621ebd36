import { decode, type Answer, type DecodedPacket, type Packet } from 'dns-packet';
import type { Clock, Millis } from '../../base/index.ts';
import { isExtension } from './extension.ts';

interface Kept {
  readonly packet: DecodedPacket;
  readonly since: Millis;
  readonly until: Millis;
  /** On the wire. */
  readonly bytes: number;
}

/** Whoever waits longest for a change waits this long. */
const LONGEST: Millis = 300_000;
const MOST_KEPT = 10_000;
/** Of messages as they came; read they take some ten times as much. */
const MOST_BYTES = 2 * 2 ** 20;
/** Larger answers are rare, and asked for again. */
const LARGEST = 4_096;
const ANSWERED = new Set(['NOERROR', 'NXDOMAIN']);

/** Answers from outside, as long as they may be kept. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the two sides say of themselves is not part of it. */
  get(key: string): Packet | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    const now = this.#clock.now();
    if (now >= kept.until) return this.#forget(key);
    const passed = Math.floor((now - kept.since) / 1000);
    const { packet } = kept;
    return {
      ...packet,
      answers: aged(packet.answers, passed),
      authorities: aged(packet.authorities, passed),
      additionals: aged(packet.additionals, passed).filter((each) => !isExtension(each)),
    };
  }

  put(key: string, message: Buffer): void {
    const packet = message.length <= LARGEST ? read(message) : undefined;
    if (!packet) return;
    const seconds = lifetime(packet);
    if (!ANSWERED.has((packet as { rcode?: string }).rcode ?? '') || packet.flag_tc || seconds === 0) return;
    const now = this.#clock.now();
    this.#forget(key);
    this.#kept.set(key, { packet, since: now, until: now + Math.min(LONGEST, seconds * 1000), bytes: message.length });
    this.#bytes += message.length;
    while (this.#kept.size > MOST_KEPT || this.#bytes > MOST_BYTES) this.#forget(this.#kept.keys().next().value!);
  }

  #forget(key: string): undefined {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

/** What cannot be read is passed on, and not kept. */
function read(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** As long as the shortest of its parts; that there is nothing, as long as the zone says. */
function lifetime({ answers = [], authorities = [] }: DecodedPacket): number {
  const denial = authorities.flatMap((each) => (each.type === 'SOA' ? [Math.min(each.ttl ?? 0, each.data.minimum ?? 0)] : []));
  const ttls = answers.length > 0 ? answers.map(ttlOf) : denial;
  return ttls.length === 0 ? 0 : Math.min(...ttls);
}

const ttlOf = (answer: Answer) => ('ttl' in answer ? (answer.ttl ?? 0) : 0);

function aged(answers: readonly Answer[] | undefined, seconds: number): Answer[] {
  return (answers ?? []).map((answer) =>
    answer.type !== 'OPT' && 'ttl' in answer ? { ...answer, ttl: Math.max(0, (answer.ttl ?? 0) - seconds) } : answer,
  );
}
