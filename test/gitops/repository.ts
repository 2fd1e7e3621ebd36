import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real repository in a folder of its own, made with the git that people use. */
export class TestRepository {
  readonly path: string;
  #seconds = Date.parse('2026-01-01T00:00:00Z') / 1000;

  constructor(path: string = mkdtempSync(join(tmpdir(), 'slipway-git-'))) {
    this.path = path;
    this.git('init', '-q', '-b', 'main', '.');
  }

  git(...args: readonly string[]): string {
    this.#seconds += 1;
    const at = `${this.#seconds} +0000`;
    return execFileSync('git', args, {
      cwd: this.path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_SYSTEM: '/dev/null',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
        GIT_AUTHOR_DATE: at,
        GIT_COMMITTER_DATE: at,
      },
    }).trim();
  }

  write(path: string, content: string | Uint8Array): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** Writes (or with undefined removes) files and commits them; gives the commit's id. */
  commit(message: string, files: Readonly<Record<string, string | undefined>> = {}): string {
    for (const [path, content] of Object.entries(files)) {
      if (content === undefined) rmSync(join(this.path, path));
      else this.write(path, content);
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
