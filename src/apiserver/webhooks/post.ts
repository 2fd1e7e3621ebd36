import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

/** Larger than any object that may be stored. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** Posts JSON over HTTPS and gives the answer, parsed; what failed is told as Go's client tells it, which people search for. */
export async function post(url: string, options: () => RequestOptions, body: string): Promise<unknown> {
  let text: string;
  try {
    text = await exchange(url, options(), body);
  } catch (error) {
    if (error instanceof Refused) throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
    throw new Error(`failed to call webhook: Post ${JSON.stringify(url)}: ${inGo(error as NodeJS.ErrnoException)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`failed to call webhook: the answer is no JSON: ${JSON.stringify(text.slice(0, 100))}`);
  }
}

/** An answer that is none. */
class Refused extends Error {}

/** A connection that was kept may end just as it is used: then another one is opened. */
async function exchange(url: string, options: RequestOptions, body: string): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    accept: 'application/json',
    host: new URL(url).host,
    'user-agent': 'kube-apiserver-admission',
  };
  for (let isSecond = false; ; isSecond = true) {
    const request = process.getBuiltinModule('node:https').request(url, { ...options, method: 'POST', headers });
    const response = new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject));
    request.end(body);
    try {
      return await read(await response);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (isSecond || !request.reusedSocket || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
    }
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw new Refused(`the answer is larger than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const { statusCode: code = 0 } = response;
  if (code === 200) return text;
  if (code === 404) throw new Refused('the server could not find the requested resource');
  throw new Refused(
    `an error on the server (${JSON.stringify(text.trim().slice(0, 1000) || `HTTP ${code}`)}) has prevented the request from succeeding`,
  );
}

const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const IN_GO: Readonly<Record<string, string>> = {
  ABORT_ERR: 'context deadline exceeded',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
};

function inGo({
  code = '',
  message,
  ...more
}: NodeJS.ErrnoException & { address?: string; port?: number; host?: string; cert?: { subjectaltname?: string } }): string {
  const { address, port, host, cert } = more;
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `tls: failed to verify certificate: x509: certificate is valid for ${cert?.subjectaltname ?? 'no names'}, not ${host}`;
  }
  return IN_GO[code] ?? message;
}
