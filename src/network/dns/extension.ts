import type { Answer, DecodedPacket, OptAnswer, Packet } from 'dns-packet';

/** Of a message whose sender says nothing of what it can take. */
const USUAL_SIZE = 512;
/** What goes over most networks in one piece. */
const LARGEST_DATAGRAM = 1_232;

export const isExtension = (answer: Answer): answer is OptAnswer => answer.type === 'OPT';

/** What a question says beyond its header (EDNS). */
const extensionOf = ({ additionals }: Packet) => additionals?.find(isExtension);

/** Whoever extends a question is answered so, and nobody else. */
export function extended(packet: Packet, query: DecodedPacket): Packet {
  if (!extensionOf(query)) return packet;
  const opt = { type: 'OPT', name: '.', udpPayloadSize: LARGEST_DATAGRAM, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] };
  return { ...packet, additionals: [...(packet.additionals ?? []), opt as unknown as OptAnswer] };
}

/** The largest datagram that the asker can take. */
export function largestFor(query: DecodedPacket): number {
  return Math.min(LARGEST_DATAGRAM, Math.max(USUAL_SIZE, extensionOf(query)?.udpPayloadSize ?? USUAL_SIZE));
}

/** Questions with the same key have the same answer from outside: one with proofs (DNSSEC) has another. */
export function keyOfQuestion({ questions: [question] = [], ...query }: DecodedPacket): string {
  const { type, name, class: of = 'IN' } = question!;
  return [of, type, extensionOf(query)?.flag_do ? 'proven' : '', query.flag_cd ? 'unchecked' : '', name.toLowerCase()].join(' ');
}
