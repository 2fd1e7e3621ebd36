const BLANK_LINE = Buffer.from('\n\n');

/** A raw commit without its signature, and the signature: what was signed is the rest, byte for byte. */
export function splitSignature(raw: Buffer): { signature: string | undefined; content: Buffer } {
  const end = raw.indexOf(BLANK_LINE);
  const headers = raw.subarray(0, end < 0 ? raw.length : end).toString('latin1');
  const kept: string[] = [];
  const signature: string[] = [];
  let within: string[] | undefined;
  for (const line of headers.split('\n')) {
    // A continuation belongs to the header before it, whichever that is.
    if (line.startsWith(' ') && within) within.push(line.slice(1));
    else if (line.startsWith(' ')) kept.push(line);
    else if (line.startsWith('gpgsig ')) (within = signature).push(line.slice('gpgsig '.length));
    else if (line.startsWith('gpgsig-sha256 ')) within = [];
    else {
      within = undefined;
      kept.push(line);
    }
  }
  const rest = end < 0 ? Buffer.alloc(0) : raw.subarray(end);
  const content = Buffer.concat([Buffer.from(kept.join('\n'), 'latin1'), rest]);
  return { signature: signature.length > 0 ? `${signature.join('\n')}\n` : undefined, content };
}
