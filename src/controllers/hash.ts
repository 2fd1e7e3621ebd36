/** Letters that cannot form words by accident, and are allowed in names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A short text from a text, fit for names and labels: 32 bits, so two texts may share one. */
export function shortHash(text: string): string {
  return [...String(fnv1a(text))].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
