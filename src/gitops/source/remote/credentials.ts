import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../../../base/index.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A file with a token, or with `USER:PASSWORD`. It is read at each use, so that a renewed one is taken up. */
export async function readCredentials(file: string): Promise<Credentials> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new UserError(`the credentials of the repository cannot be read: ${messageOf(error)}`);
  }
  if (text === '' || text.includes('\n')) throw new UserError(`${file} must hold one line: a token, or USER:PASSWORD`);
  const colon = text.indexOf(':');
  // GitHub, GitLab and Gitea all take a token as the password of any user; this name is the one that GitHub documents.
  return colon > 0 ? { username: text.slice(0, colon), password: text.slice(colon + 1) } : { username: 'x-access-token', password: text };
}
