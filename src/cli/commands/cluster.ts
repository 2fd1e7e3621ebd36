import type { Command } from 'commander';
import { dataDir, kubeconfig, output, type Lazily } from './options.ts';

/** What runs in the cluster, and what happened there. */
export function declareCluster(program: Command, lazily: Lazily): void {
  program
    .command('open')
    .description('print the address at which a Service or an Ingress is reached, and show it in a browser')
    .argument('<service>', 'its name, or ingress/NAME')
    .option('-n, --namespace <namespace>', 'its namespace', 'default')
    .option('--port <port>', 'which port of the Service, by name or number')
    .option('--no-browser', 'only print it')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway open web\n  slipway open ingress/shop -n shop --no-browser')
    .action(lazily(() => import('../open.ts'), (module) => module.open)); // prettier-ignore

  const log = journalReader(program.command('log'))
    .description('read the journal: commits, plans, every write and every event')
    .addHelpText('after', '\nExamples:\n  slipway log -f --app web\n  slipway log --object secret/db --since 1h -o json')
    .action(lazily(() => import('../log.ts'), (module) => module.log)); // prettier-ignore
  log
    .command('verify')
    .description("check the journal's checksums and its chain")
    .option(...dataDir)
    .option(...kubeconfig)
    .action(lazily(() => import('../log.ts'), (module) => module.verify)); // prettier-ignore

  journalReader(program.command('events'))
    .description('read what happened: the journal without each write')
    .addHelpText('after', '\nExamples:\n  slipway events -f\n  slipway events --app web --since 10m')
    .action(lazily(() => import('../log.ts'), (module) => module.events)); // prettier-ignore
}

function journalReader(command: Command): Command {
  return command
    .option(...dataDir)
    .option(...kubeconfig)
    .option('-f, --follow', 'go on as it grows')
    .option('--app <application>', 'only what concerns this application')
    .option('--object <kind/name>', 'only what concerns this object, such as deployment/web')
    .option('--since <time>', 'only what is younger: a duration such as 10m, or a time')
    .addOption(output('text', 'json'));
}
