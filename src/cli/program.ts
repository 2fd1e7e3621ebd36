import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { declareApplications } from './commands/applications.ts';
import { declareCluster } from './commands/cluster.ts';
import { declareDaemon } from './commands/daemon.ts';
import type { Lazily } from './commands/options.ts';
import { declareParts } from './commands/parts.ts';
import { declareSetup } from './commands/setup.ts';

const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Runs one command and gives its exit code: 0 done, 1 failed or refused, 2 something would change, 3 not there in time. */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const lazily: Lazily =
    (load, pick) =>
    async (...args) => {
      exitCode = (await pick(await load())(...(args as never[]))) ?? 0;
    };

  const program = new Command('slipway')
    .description('Git is the cluster: runs what a Git repository of Kubernetes manifests says, on this machine.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('(slipway --help lists the commands)')
    .exitOverride();

  declareDaemon(program, lazily);
  declareApplications(program, lazily);
  declareCluster(program, lazily);
  declareSetup(program, lazily);
  declareParts(program, lazily);

  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const { explain } = await import('./output.ts');
    process.stderr.write(explain(error));
    return 1;
  }
}
