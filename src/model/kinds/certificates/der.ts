/** One element of ASN.1 in its distinguished encoding. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With its tag and length. */
  readonly whole: Buffer;
}

/** A tag of more than one byte, and a length of more than this, is in no request. */
const LONG_TAG = 0x1f;
const MOST_LENGTH_BYTES = 4;
/** No honest request has more in one place, and many small ones would hold up everybody. */
const MOST_ELEMENTS = 1000;

/** The elements that follow each other; throws where they are none. */
export function elementsOf(bytes: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    if (elements.length === MOST_ELEMENTS) throw malformed('too many elements');
    const element = elementAt(bytes, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** The elements in the one that the bytes are. */
export function membersOf(bytes: Buffer, tag: number): readonly Element[] {
  const [only, ...others] = elementsOf(bytes);
  if (!only || only.tag !== tag) throw malformed("tags don't match");
  if (others.length > 0) throw malformed('trailing data');
  return elementsOf(only.content);
}

function elementAt(bytes: Buffer, at: number): Element {
  const [tag, first] = [bytes[at]!, bytes[at + 1]];
  if (first === undefined || (tag & LONG_TAG) === LONG_TAG) throw malformed('syntax error');
  const more = first < 0x80 ? 0 : first & 0x7f;
  const isLengthSaid = first < 0x80 || (more > 0 && more <= MOST_LENGTH_BYTES && at + 2 + more <= bytes.length);
  if (!isLengthSaid) throw malformed('invalid length');
  const begin = at + 2 + more;
  const end = begin + (more === 0 ? first : bytes.readUIntBE(at + 2, more));
  if (end > bytes.length) throw malformed('data truncated');
  return { tag, content: bytes.subarray(begin, end), whole: bytes.subarray(at, end) };
}

export const malformed = (why: string) => new SyntaxError(`asn1: structure error: ${why}`);
