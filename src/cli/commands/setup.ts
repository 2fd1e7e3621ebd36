import { Argument, type Command } from 'commander';
import { dataDir, type Lazily } from './options.ts';

/** What makes this command, kubectl and a repository ready for use. */
export function declareSetup(program: Command, lazily: Lazily): void {
  program
    .command('kubeconfig')
    .description('print the kubeconfig, for KUBECONFIG=<(slipway kubeconfig) or a file')
    .option(...dataDir)
    .option('--path', 'print only where it lies')
    .option('--merge [file]', 'add it to what kubectl reads, or to this file, and make it the current context')
    .addHelpText('after', '\nExamples:\n  slipway kubeconfig --merge\n  export KUBECONFIG=$(slipway kubeconfig --path)')
    .action(lazily(() => import('../kubeconfig.ts'), (module) => module.kubeconfig)); // prettier-ignore

  program
    .command('init')
    .description('make a new repository of manifests with an example that works')
    .argument('<folder>', 'a new folder')
    .addHelpText('after', '\nExample:\n  slipway init manifests && slipway up manifests')
    .action(lazily(() => import('../init.ts'), (module) => module.init)); // prettier-ignore

  program
    .command('completion')
    .description('print what a shell completes this command with')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', '\nExamples:\n  source <(slipway completion bash)\n  slipway completion zsh > "${fpath[1]}/_slipway"\n  slipway completion fish > ~/.config/fish/completions/slipway.fish')
    .action(lazily(() => import('../completion.ts'), (module) => module.completion)); // prettier-ignore

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(lazily(() => import('../completion.ts'), (module) => module.candidates)); // prettier-ignore
}
