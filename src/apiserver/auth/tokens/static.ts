import { createHash } from 'node:crypto';
import { UserError } from '../../../base/index.ts';
import { AUTHENTICATED, type Identity } from '../authenticate.ts';
import { readIfThere } from '../files.ts';
import { API_AUDIENCES, common, type KnowsToken } from './known.ts';

/** Tokens from a file, one a line: `token,user,uid,"group1,group2"`. They are good until the file changes and the daemon starts anew. */
export async function readStaticTokens(path: string): Promise<KnowsToken> {
  const text = await readIfThere(path);
  if (text === undefined) throw new UserError(`there is no file of tokens ${path}`);
  return staticTokens(text, path);
}

export function staticTokens(text: string, path: string): KnowsToken {
  const holders = new Map<string, Identity>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { token, identity } = readLine(line, `${path}, line ${at + 1}`);
    if (holders.has(digest(token)))
      throw new UserError(`${path}, line ${at + 1}: this token stands in an earlier line: give each user their own`);
    holders.set(digest(token), identity);
  }
  return async (token, audiences) => {
    const identity = holders.get(digest(token));
    const meant = common(audiences, API_AUDIENCES);
    return identity && meant.length > 0 ? { identity, audiences: meant } : undefined;
  };
}

/** Looked up by digest: the time that it takes says nothing of the tokens that there are. */
const digest = (token: string) => createHash('sha256').update(token).digest('base64');

function readLine(line: string, where: string): { token: string; identity: Identity } {
  const fields = splitFields(line);
  if (!fields) throw new UserError(`${where}: a quotation mark is out of place`);
  const [token = '', user = '', uid = '', groups = ''] = fields.map((field) => field.trim());
  if (fields.length < 3 || token === '' || user === '') {
    throw new UserError(`${where}: expected token,user,uid and perhaps "group1,group2"`);
  }
  const named = groups
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  return { token, identity: { user, ...(uid ? { uid } : {}), groups: [...named, AUTHENTICATED] } };
}

const FIELD = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;

/** Undefined: it is no line of comma-separated values. */
function splitFields(line: string): readonly string[] | undefined {
  const fields: string[] = [];
  const text = line.replace(/\r$/, '');
  FIELD.lastIndex = 0;
  for (;;) {
    const found = FIELD.exec(text);
    if (!found) return undefined;
    const [, quoted, plain = '', end] = found;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return fields;
  }
}
