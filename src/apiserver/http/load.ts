import { StatusError } from '../../base/index.ts';
import type { Asked } from './message.ts';
import { isTrue } from './query.ts';

/** What a request is to the server while it is under way. `lasting`: a watch or a stream, which takes no time between events. */
export type Lane = 'reading' | 'writing' | 'lasting' | 'free';

/** Whether the server is well has to be told above all when it is not. */
const FREE = /^\/(?:healthz|livez|readyz|metrics)(?:\/|$)/;
/** Of a pod, or the journal. */
const FOLLOWED = /\/(?:log|journal)$/;
const STREAMS = /\/(?:exec|attach|portforward|proxy)(?:\/|$)/;

export function laneOf({ method, path, query }: Pick<Asked, 'method' | 'path' | 'query'>): Lane {
  if (FREE.test(path)) return 'free';
  if (STREAMS.test(path)) return 'lasting';
  if (method !== 'GET' && method !== 'HEAD') return 'writing';
  return isTrue(query, 'watch') || (FOLLOWED.test(path) && isTrue(query, 'follow')) ? 'lasting' : 'reading';
}

interface Bound {
  readonly running: number;
  /** So many more wait for their turn; the next one is refused. */
  readonly waiting: number;
}

export type Bounds = Readonly<Record<Exclude<Lane, 'free'>, Bound>>;

/** Kubernetes' own figures, and a queue before them: a burst is answered late, and only a flood is refused. */
const BOUNDS: Bounds = {
  reading: { running: 400, waiting: 2000 },
  writing: { running: 200, waiting: 2000 },
  lasting: { running: 10_000, waiting: 0 },
};

/** How much is under way. What is waiting has not been read, so that it costs next to nothing. */
export class Load {
  readonly #bounds: Bounds;
  readonly #running: Record<Lane, number> = { reading: 0, writing: 0, lasting: 0, free: 0 };
  readonly #waiting: Record<Lane, (() => void)[]> = { reading: [], writing: [], lasting: [], free: [] };

  constructor(bounds: Bounds = BOUNDS) {
    this.#bounds = bounds;
  }

  /** Resolves when it is this one's turn; throws when too many wait already. Who has entered must leave. */
  async enter(lane: Lane): Promise<void> {
    if (lane !== 'free') {
      const { running, waiting } = this.#bounds[lane];
      if (this.#running[lane] >= running) {
        const queue = this.#waiting[lane];
        if (queue.length >= waiting) throw tooMany();
        // Whoever leaves passes its place on.
        return new Promise((resolve) => queue.push(resolve));
      }
    }
    this.#running[lane]++;
  }

  leave(lane: Lane): void {
    const next = this.#waiting[lane].shift();
    if (next) next();
    else this.#running[lane]--;
  }

  running(lane: Lane): number {
    return this.#running[lane];
  }
}

/** What all bodies that are being received or worked on may take of memory together. */
const BODY_BYTES = 64 * 1024 * 1024;

export class BodyMemory {
  readonly #most: number;
  #held = 0;

  constructor(most = BODY_BYTES) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** The part of one request: it takes what has really arrived, so that promises of much cost nobody anything. */
  share(): BodyShare {
    let own = 0;
    return {
      grow: (bytes) => {
        if (this.#held + bytes > this.#most) throw tooMany();
        this.#held += bytes;
        own += bytes;
      },
      release: () => {
        this.#held -= own;
        own = 0;
      },
    };
  }
}

export interface BodyShare {
  /** Throws when there is no room. */
  grow(bytes: number): void;
  release(): void;
}

const tooMany = () => new StatusError('TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 });
