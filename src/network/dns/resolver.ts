import { decode, encode, type DecodedPacket, type Packet, type Question } from 'dns-packet';
import { answerFor } from './answer.ts';
import { AnswerCache } from './cache.ts';
import type { Directory } from './directory.ts';
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
/** Of a message whose sender says nothing of what it can take. */
const USUAL_SIZE = 512;
const LARGEST_DATAGRAM = 1_232;
const HEADER = 12;

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
    if (query === 'malformed') return failure(message, FORMAT_ERROR);
    const [question] = query.questions ?? [];
    if ((((query.flags ?? 0) >> 11) & 0xf) !== QUERY || query.questions?.length !== 1 || !question)
      return failure(message, NOT_IMPLEMENTED);
    const answer = await this.#answer(message, query, question);
    return over === 'stream' ? answer : cut(answer, query);
  }

  close(): void {
    this.#forwarder.close();
  }

  async #answer(message: Buffer, query: DecodedPacket, question: Question): Promise<Buffer> {
    const { directory, domain } = this.#options;
    const { packet, follow } = answerFor(query, question, directory, domain);
    if (!packet) return this.#fromOutside(message, question);
    return encode(follow ? await this.#followed(packet, question, follow) : packet);
  }

  async #fromOutside(message: Buffer, question: Question): Promise<Buffer> {
    const key = `${question.type} ${question.name.toLowerCase()}`;
    const kept = this.#cache.get(key, message.readUInt16BE(0));
    if (kept) return kept;
    const answer = await this.#forwarder.ask(message);
    if (!answer) return failure(message, SERVER_FAILURE);
    this.#cache.put(key, answer);
    return answer;
  }

  /** What the other name stands for comes with the answer: few clients would ask again. */
  async #followed(packet: Packet, question: Question, name: string): Promise<Packet> {
    const query: Packet = { type: 'query', id: packet.id ?? 0, flags: packet.flags ?? 0, questions: [{ ...question, name }] };
    const { packet: inside } = answerFor(query as DecodedPacket, { ...question, name }, this.#options.directory, this.#options.domain);
    const answers = inside
      ? inside.answers
      : decode(await this.#fromOutside(encode({ ...query, flags: 0x0100 }), { ...question, name })).answers;
    return { ...packet, answers: [...(packet.answers ?? []), ...(answers ?? [])] };
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

/** The header and nothing else. */
function failure(message: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(HEADER);
  message.copy(answer, 0, 0, 3);
  answer[2] = answer[2]! | 0x80;
  answer[3] = 0x80 | code;
  return answer;
}

/** Too long an answer says so: the asker comes again over a stream. */
function cut(answer: Buffer, query: DecodedPacket): Buffer {
  const opt = query.additionals?.find(({ type }) => type === 'OPT') as { udpPayloadSize?: number } | undefined;
  const limit = Math.min(LARGEST_DATAGRAM, Math.max(USUAL_SIZE, opt?.udpPayloadSize ?? USUAL_SIZE));
  if (answer.length <= limit) return answer;
  const { id, flags = 0, questions } = decode(answer);
  return encode({ type: 'response', id: id ?? 0, flags: flags | 0x0200, questions: questions ?? [] });
}
