/** What is called so says which files beside and below it are no manifests, in the notation of `.gitignore`. */
export const IGNORE_FILE = '.slipwayignore';

interface Rule {
  /** Of paths from the folder of the file. */
  readonly pattern: RegExp;
  readonly directoriesOnly: boolean;
  readonly takesBack: boolean;
}

/** The rules of one file, and the folder that they are about: empty for the top. */
export interface IgnoreFile {
  readonly folder: string;
  readonly rules: readonly Rule[];
}

export function parseIgnoreFile(folder: string, text: string): IgnoreFile {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(?<!\\)\s+$/, ''));
  return { folder, rules: lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseRule) };
}

function parseRule(line: string): Rule {
  const takesBack = line.startsWith('!');
  const bare = line.replace(/^!/, '').replace(/^\\(?=[#!])/, '');
  const directoriesOnly = bare.endsWith('/');
  const path = bare.replace(/\/+$/, '');
  // A slash within ties a pattern to the folder; without one it fits at any depth.
  const anchored = path.includes('/');
  const source = toRegExp(path.replace(/^\//, ''));
  return { pattern: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${source}$`), directoriesOnly, takesBack };
}

const TOKENS = /\*\*\/|\/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\\.|[^*?[\\/]+|\/|\[/g;

function toRegExp(glob: string): string {
  return (glob.match(TOKENS) ?? []).map(toRegExpPart).join('');
}

function toRegExpPart(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '/**') return '/.*';
  if (token.startsWith('*')) return '[^/]*';
  if (token === '?') return '[^/]';
  if (/^\[.+\]$/.test(token)) return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
  return escape(token.startsWith('\\') ? token.slice(1) : token);
}

const escape = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Whether a file is left out: it, or a folder that it lies in. The last rule that fits decides; below a folder that is out, none does. */
export function isIgnored(path: string, files: readonly IgnoreFile[]): boolean {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) if (judge(path.slice(0, end), true, files)) return true;
  return judge(path, false, files);
}

function judge(path: string, isDirectory: boolean, files: readonly IgnoreFile[]): boolean {
  let ignored = false;
  for (const { folder, rules } of files) {
    if (folder !== '' && !path.startsWith(`${folder}/`)) continue;
    const below = folder === '' ? path : path.slice(folder.length + 1);
    for (const { pattern, directoriesOnly, takesBack } of rules) {
      if ((isDirectory || !directoriesOnly) && pattern.test(below)) ignored = !takesBack;
    }
  }
  return ignored;
}
