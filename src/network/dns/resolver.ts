import { decode, encode, type DecodedPacket, type Packet, type Question } from 'dns-packet';
import { answerFor, RECURSION_AVAILABLE, RECURSION_DESIRED, spread } from './answer.ts';
import { AnswerCache } from './cache.ts';
import type { Directory } from './directory.ts';
import { extended, keyOfQuestion, largestFor } from './extension.ts';
import { Forwarder, type ForwardOptions } from './forward.ts';

export interface ResolverOptions extends ForwardOptions {
  readonly directory: Directory;
  /** `cluster.local` */
  readonly domain: string;
}

const FORMAT_ERROR = 1;
const SERVER_FAILURE = 2;
const NOT_IMPLEMENTED = 4;
const QUERY = 0;
const TRUNCATED = 0x0200;
const HEADER = 12;
/** Of names that stand for names: they may lead in a circle. */
const LONGEST_CHAIN = 8;

/** Turns a question into an answer: from the cluster, from what is kept, or from outside. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #cache: AnswerCache;
  readonly #forwarder: Forwarder;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#cache = new AnswerCache(options.clock);
    this.#forwarder = new Forwarder(options);
  }

  /** Undefined: this was no question, and gets no answer. A datagram is cut to what the asker can take. */
  async resolve(message: Buffer, over: 'datagram' | 'stream'): Promise<Buffer | undefined> {
    const query = read(message);
    if (query === 'noise') return undefined;
    if (query === 'malformed') return bareFailure(message, FORMAT_ERROR);
    const [question] = query.questions ?? [];
    if ((((query.flags ?? 0) >> 11) & 0xf) !== QUERY || query.questions?.length !== 1 || !question) return failure(query, NOT_IMPLEMENTED);
    const answer = await this.#answer(message, query, question);
    return over === 'stream' ? answer : cut(answer, query);
  }

  close(): void {
    this.#forwarder.close();
  }

  async #answer(message: Buffer, query: DecodedPacket, question: Question): Promise<Buffer> {
    const { directory, domain, random } = this.#options;
    const { packet, follow } = answerFor(query, question, directory, domain);
    if (!packet) return this.#fromOutside(message, query);
    const whole = follow ? await this.#followed(packet, question, follow, LONGEST_CHAIN) : packet;
    return encode(extended(spread(whole, random), query));
  }

  async #fromOutside(message: Buffer, query: DecodedPacket): Promise<Buffer> {
    const key = keyOfQuestion(query);
    const kept = this.#cache.get(key);
    // Askers check that the question is theirs, to the letter.
    if (kept) {
      const packet = { ...kept, id: query.id ?? 0, questions: query.questions ?? [] };
      return encode(extended(spread(packet, this.#options.random), query));
    }
    const answer = await this.#forwarder.ask(message);
    if (!answer) return failure(query, SERVER_FAILURE);
    this.#cache.put(key, answer);
    return answer;
  }

  /** What the other name stands for comes with the answer: few clients would ask again. */
  async #followed(packet: Packet, question: Question, name: string, left: number): Promise<Packet> {
    const { directory, domain } = this.#options;
    const next = { ...question, name };
    const query = { type: 'query', id: packet.id ?? 0, flags: RECURSION_DESIRED, questions: [next] } as DecodedPacket;
    const { packet: inside, follow } = answerFor(query, next, directory, domain);
    const found = inside ?? decode(await this.#fromOutside(encode(query), query));
    const whole = inside && follow && left > 0 ? await this.#followed(inside, next, follow, left - 1) : found;
    return { ...packet, answers: [...(packet.answers ?? []), ...(whole.answers ?? [])] };
  }
}

function read(message: Buffer): DecodedPacket | 'noise' | 'malformed' {
  // An answer to an answer could go on forever.
  if (message.length < HEADER || (message[2]! & 0x80) !== 0) return 'noise';
  try {
    return decode(message);
  } catch {
    return 'malformed';
  }
}

/** With its question: an asker takes an answer without one for noise, and waits. */
function failure(query: DecodedPacket, code: number): Buffer {
  const flags = RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | code;
  return encode(extended({ type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [] }, query));
}

/** The header and nothing else, where nothing else could be read. */
function bareFailure(message: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(HEADER);
  message.copy(answer, 0, 0, 3);
  answer[2] = answer[2]! | 0x80;
  answer[3] = 0x80 | code;
  return answer;
}

/** Too long an answer says so, and the asker comes again over a stream; for those who do not there is as much as fits. */
function cut(answer: Buffer, query: DecodedPacket): Buffer {
  const largest = largestFor(query);
  if (answer.length <= largest) return answer;
  const { id, flags = 0, questions, answers } = decode(answer);
  const short = { type: 'response', id: id ?? 0, flags: flags | TRUNCATED, questions: questions ?? [] } as const;
  const withFirst = (count: number) => encode(extended({ ...short, answers: (answers ?? []).slice(0, count) }, query));
  let count = Math.floor(((answers?.length ?? 0) * largest) / answer.length);
  let cutAnswer = withFirst(count);
  while (cutAnswer.length > largest && count > 0) cutAnswer = withFirst(--count);
  return cutAnswer;
}
