export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BEGIN = /^-----BEGIN (.*)-----\s*$/;
const END = /^-----END (.*)-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The blocks of a text, in one pass: what stands between them, and what is none, is passed over. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly type: string; hasHeaders: boolean; readonly lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const type = BEGIN.exec(line)?.[1];
    if (type !== undefined) {
      open = { type, hasHeaders: false, lines: [] };
      continue;
    }
    if (!open) continue;
    const ended = END.exec(line)?.[1];
    if (ended === undefined) {
      if (line.includes(':')) open.hasHeaders = true;
      else open.lines.push(line.trim());
      continue;
    }
    const body = open.lines.join('');
    if (ended === open.type && BASE64.test(body)) {
      blocks.push({ type: ended, hasHeaders: open.hasHeaders, bytes: Buffer.from(body, 'base64') });
    }
    open = undefined;
  }
  return blocks;
}
