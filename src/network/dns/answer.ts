import type { Answer, DecodedPacket, Packet, Question } from 'dns-packet';
import type { Random } from '../../base/index.ts';
import type { Directory } from './directory.ts';
import { addressInName, lookUp, lookUpAddress, type Alias, type Entry } from './zone.ts';

/** Names change as pods come and go: nobody keeps an answer for long. */
const TTL_SECONDS = 5;
/** The rules of naming stay. */
const RULES_TTL_SECONDS = 28_800;

const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
const AUTHORITATIVE = 0x0400;
export const RECURSION_DESIRED = 0x0100;
export const RECURSION_AVAILABLE = 0x0080;

export interface Reply {
  /** Undefined: it is somebody else's to answer. */
  readonly packet?: Packet;
  /** A name outside whose addresses belong to the answer. */
  readonly follow?: string;
}

/** Answers a question about the cluster. */
export function answerFor(query: DecodedPacket, question: Question, directory: Directory, domain: string): Reply {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const address = question.type === 'PTR' ? addressInName(name) : undefined;
  if (address !== undefined) {
    const entries = lookUpAddress(address, directory, domain);
    return entries.length > 0 ? { packet: positive(query, question, entries) } : {};
  }
  if (name !== domain && !name.endsWith(`.${domain}`)) return {};
  const path =
    name === domain
      ? []
      : name
          .slice(0, -domain.length - 1)
          .split('.')
          .toReversed();
  if (name === domain && question.type === 'SOA') return { packet: { ...replyTo(query, NO_ERROR), answers: [authority(domain)] } };
  const found = lookUp(path, directory, domain);
  if (found === 'absent') return { packet: negative(query, NO_SUCH_NAME, domain) };
  const alias = found.find((entry): entry is Alias => entry.type === 'CNAME');
  if (alias) return aliased(query, question, alias.target);
  const entries = found.filter(({ type }) => type === question.type || (question.type as string) === 'ANY');
  if (entries.length === 0) return { packet: negative(query, NO_ERROR, domain) };
  return { packet: positive(query, question, entries) };
}

function aliased(query: DecodedPacket, question: Question, target: string): Reply {
  const packet = positive(query, question, [{ type: 'CNAME', target }]);
  return question.type === 'A' || question.type === 'AAAA' ? { packet, follow: target } : { packet };
}

function positive(query: DecodedPacket, question: Question, entries: readonly Entry[]): Packet {
  const answers = entries.map((entry) => toAnswer(question.name, entry, entries.length));
  const additionals = entries.flatMap((entry): Answer[] =>
    entry.type === 'SRV' || entry.type === 'NS'
      ? [{ type: entry.address.includes(':') ? 'AAAA' : 'A', name: entry.target, ttl: TTL_SECONDS, data: entry.address }]
      : [],
  );
  return { ...replyTo(query, NO_ERROR), answers: distinct(answers), additionals: distinct(additionals) };
}

/** Says that there is nothing, and for how long that may be believed. */
function negative(query: DecodedPacket, code: number, domain: string): Packet {
  return { ...replyTo(query, code), authorities: [authority(domain)] };
}

function authority(domain: string): Answer {
  const data = {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  };
  return { type: 'SOA', name: domain, ttl: TTL_SECONDS, data };
}

function replyTo(query: DecodedPacket, code: number): Packet {
  const flags = AUTHORITATIVE | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | code;
  return { type: 'response', id: query.id ?? 0, flags, questions: query.questions ?? [] };
}

/** The places of a port share a hundred, as CoreDNS weighs them. */
function toAnswer(name: string, entry: Entry, count: number): Answer {
  const base = { name, ttl: TTL_SECONDS };
  switch (entry.type) {
    case 'A':
    case 'AAAA':
      return { ...base, type: entry.type, data: entry.address };
    case 'SRV':
      return { ...base, type: 'SRV', data: { target: entry.target, port: entry.port, priority: 0, weight: Math.floor(100 / count) } };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...base, type: entry.type, data: entry.target };
    case 'TXT':
      return { ...base, ttl: RULES_TTL_SECONDS, type: 'TXT', data: entry.text };
  }
}

function distinct(answers: readonly Answer[]): Answer[] {
  return [...new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()];
}

/** Clients take the first address: each answer begins with one by chance. Names that lead to the addresses stay before them. */
export function spread(packet: Packet, random: Random): Packet {
  const { answers = [] } = packet;
  const addresses = answers.filter(isAddress);
  if (addresses.length < 2) return packet;
  const first = Math.floor(random.fraction() * addresses.length);
  const others = answers.filter((answer) => !isAddress(answer));
  return { ...packet, answers: [...others, ...addresses.slice(first), ...addresses.slice(0, first)] };
}

const isAddress = ({ type }: Answer) => type === 'A' || type === 'AAAA';
