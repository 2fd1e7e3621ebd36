import { readFile } from 'node:fs/promises';
import { messageOf, UserError, type Millis } from '../../../base/index.ts';

/** Who may sign, with which key: a line of OpenSSH's allowed signers. */
export interface Signer {
  readonly principals: string;
  /** In SSH's wire form, base64. */
  readonly key: string;
  readonly after?: Millis;
  readonly before?: Millis;
}

export async function readSigners(path: string): Promise<readonly Signer[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(`the allowed signers cannot be read: ${messageOf(error)}`);
  }
  const signers = parseSigners(text, path);
  if (signers.length === 0)
    throw new UserError(
      `${path} allows no signer, so that no commit could ever be taken: add a line such as "ada@example.com ssh-ed25519 AAAA…"`,
    );
  return signers;
}

const KEY_TYPE = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/** `PRINCIPALS [OPTIONS] TYPE KEY [COMMENT]`, a line each. A line that would be understood only in part is refused. */
export function parseSigners(text: string, path: string): readonly Signer[] {
  return text.split('\n').flatMap((line, i) => {
    const words = line.trim().match(/(?:"[^"]*"|[^\s"])+/g);
    if (!words || line.trim().startsWith('#')) return [];
    const refuse = (why: string) => new UserError(`${path}:${i + 1}: ${why}`);
    const type = words.findIndex((word) => KEY_TYPE.test(word));
    if (type < 1 || type > 2 || !words[type + 1])
      throw refuse('expected PRINCIPALS [OPTIONS] KEYTYPE KEY, with an ed25519, RSA or ECDSA key');
    const options = type === 2 ? readOptions(words[1]!, refuse) : {};
    const { namespaces, ...times } = options;
    if (namespaces && !namespaces.includes('git')) return [];
    return [{ principals: words[0]!, key: words[type + 1]!, ...times }];
  });
}

interface SignerOptions {
  namespaces?: readonly string[];
  after?: Millis;
  before?: Millis;
}

function readOptions(text: string, refuse: (why: string) => UserError): SignerOptions {
  const options: SignerOptions = {};
  for (const option of text.match(/(?:"[^"]*"|[^,"])+/g) ?? []) {
    const [, name = '', value = ''] = /^([\w-]+)(?:="?([^"]*)"?)?$/.exec(option) ?? [];
    if (name === 'namespaces') options.namespaces = value.split(',').map((namespace) => namespace.trim());
    else if (name === 'valid-after') options.after = readTime(value, refuse);
    else if (name === 'valid-before') options.before = readTime(value, refuse);
    else throw refuse(`the option ${name || option} is not understood: list the keys themselves`);
  }
  return options;
}

/** `20260131`, `202601311200` or `20260131120000`, with a Z for UTC, else in local time. */
function readTime(text: string, refuse: (why: string) => UserError): Millis {
  const found = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z?)$/.exec(text);
  if (!found) throw refuse(`${text} is no time such as 20260131 or 20260131120000Z`);
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
}
