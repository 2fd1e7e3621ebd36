import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { proxiedPage, type ProxyRoot } from './links.ts';

/** A page that is larger would hold others up; its links stay as they are. */
const LARGEST_PAGE = 512 * 1024;

const unpack = promisify(gunzip) as (bytes: Buffer, options: object) => Promise<Buffer>;
const pack = promisify(gzip) as (bytes: Buffer) => Promise<Buffer>;

/** The answer's bytes, with the links of a page leading through the proxy. */
export async function proxiedChunks(response: IncomingMessage, root: ProxyRoot): Promise<AsyncIterable<Buffer> | Buffer[]> {
  const encoding = response.headers['content-encoding'] ?? '';
  if (encoding !== '' && encoding !== 'gzip') return response;
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const read: Buffer[] = [];
  for (let size = 0; size <= LARGEST_PAGE; size += read.at(-1)!.length) {
    const next = await chunks.next();
    if (next.done) return [await proxiedBytes(Buffer.concat(read), encoding, root)];
    read.push(next.value);
  }
  return (async function* () {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
}

async function proxiedBytes(bytes: Buffer, encoding: string, root: ProxyRoot): Promise<Buffer> {
  if (encoding === '') return rewritten(bytes, root);
  try {
    return await pack(rewritten(await unpack(bytes, { maxOutputLength: LARGEST_PAGE }), root));
  } catch {
    return bytes;
  }
}

/** Byte for byte: markup is ASCII, whatever the text is written in. */
function rewritten(page: Buffer, root: ProxyRoot): Buffer {
  return Buffer.from(proxiedPage(page.toString('latin1'), root), 'latin1');
}
