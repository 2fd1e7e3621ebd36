import type { Command } from 'commander';
import type { Lazily } from './options.ts';

/** Parts of the control plane by themselves. */
export function declareParts(program: Command, lazily: Lazily): void {
  program
    .command('controllers')
    .description('run controllers against any Kubernetes API server')
    .requiredOption('--kubeconfig <file>', 'how to reach the server')
    .option('--context <name>', 'which context of the file (default: its current one)')
    .option('--only <names>', 'only these, such as deployment,replicaset')
    .addHelpText(
      'after',
      `
Of several processes that run the same controller one acts, and the next takes over when it ends.
What belongs to a machine or to a server's own files is left to \`slipway up\`: volumes of local-path, root certificates for
namespaces, and tokens in Secrets.

Example:
  slipway controllers --kubeconfig ~/.kube/config --only deployment,replicaset`,
    )
    .action(lazily(() => import('../standalone.ts'), (module) => module.controllers)); // prettier-ignore

  program
    .command('scheduler')
    .description('run the scheduler against any Kubernetes API server')
    .requiredOption('--kubeconfig <file>', 'how to reach the server')
    .option('--context <name>', 'which context of the file (default: its current one)')
    .option('--scheduler-name <name>', 'place the pods that ask for this one (default: default-scheduler)')
    .addHelpText('after', '\nExample:\n  slipway scheduler --kubeconfig ~/.kube/config --scheduler-name slipway')
    .action(lazily(() => import('../standalone.ts'), (module) => module.scheduler)); // prettier-ignore
}
