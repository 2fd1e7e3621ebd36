import type { Command } from 'commander';
import { dataDir, kubeconfig, output, type Lazily } from './options.ts';

/** What a commit wants of the applications, what became of it, and what a person says to it. */
export function declareApplications(program: Command, lazily: Lazily): void {
  program
    .command('plan')
    .description('show what a commit would change; exit code 2 when there is something')
    .argument('[application]', 'only this one')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('--rev <rev>', 'the commit, branch or tag (default: what the daemon follows)')
    .option('--worktree', 'what is not committed yet')
    .option('--from <rev>', 'compare two commits, without a cluster')
    .option('--to <rev>', 'the other one (default: HEAD)')
    .option('--repository <dir>', 'where the commits are (default: what the daemon follows, or this folder)')
    .addOption(output('diff', 'stat', 'json', 'yaml', 'markdown'))
    .addHelpText('after', '\nExamples:\n  slipway plan --worktree\n  slipway plan web --rev my-branch\n  slipway plan --from main --to my-branch -o markdown')
    .action(lazily(() => import('../plan.ts'), (module) => module.plan)); // prettier-ignore

  program
    .command('diff')
    .description('show what was changed in the cluster and not in Git; exit code 2 when there is something')
    .argument('[application]', 'only this one')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('diff', 'stat', 'json', 'yaml', 'markdown'))
    .addHelpText('after', '\nExamples:\n  slipway diff\n  slipway diff web -o stat')
    .action(lazily(() => import('../diff.ts'), (module) => module.diff)); // prettier-ignore

  program
    .command('why')
    .description('show the file, line, commit, author and manager that a value comes from')
    .argument('<kind/name>', 'such as deployment/web')
    .argument('[field]', 'such as spec.replicas or spec.template.spec.containers[server].image')
    .option('-n, --namespace <namespace>', 'where several have the name')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway why deployment/web\n  slipway why deploy/web spec.replicas')
    .action(lazily(() => import('../why.ts'), (module) => module.why)); // prettier-ignore

  program
    .command('lint')
    .description('check manifests without a cluster, for hooks and CI; exit code 1 when something is wrong')
    .argument('[path...]', 'a folder of manifests, or files of this one; without it all of this one')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway lint\n  slipway lint clusters/production -o json\n  slipway lint web/deployment.yaml web/service.yaml')
    .action(lazily(() => import('../lint.ts'), (module) => module.lint)); // prettier-ignore

  program
    .command('status')
    .description('show the applications, their commits and their health')
    .argument('[application]', 'only this one')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('--wait', 'until they are as the last commit says and healthy; exit code 3 when they are not in time')
    .option('--timeout <time>', 'how long to wait', '5m')
    .addOption(output('table', 'json', 'name'))
    .addHelpText('after', '\nExamples:\n  slipway status\n  git push && slipway status web --wait --timeout 2m')
    .action(lazily(() => import('../status.ts'), (module) => module.status)); // prettier-ignore

  program
    .command('approve')
    .description('agree to what a plan would do, and to nothing else')
    .argument('<plan|application>', 'a plan that waits, or the application that it is of')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway approve web\n  slipway approve web-1a2b3c4-x7k2p')
    .action(lazily(() => import('../approve.ts'), (module) => module.approve)); // prettier-ignore

  program
    .command('history')
    .description('show the syncs of an application or of all, or one of them in detail')
    .argument('[application|plan]', 'an application, or a plan to see in detail')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('--all', 'from the journal, which has more than the last twenty')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway history web\n  slipway history web-1a2b3c4-x7k2p')
    .action(lazily(() => import('../history.ts'), (module) => module.history)); // prettier-ignore

  program
    .command('rollback')
    .description('write the commit that takes one application back, and push it where there is a remote')
    .argument('[application]', 'which one; not needed when there is only one')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('--to <rev>', 'as it was in this commit (default: before its last change)')
    .option('--repository <dir>', 'the clone to commit in (default: what the daemon follows, or this folder)')
    .option('--no-push', 'only commit')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway rollback web\n  slipway rollback web --to HEAD~3\n  slipway rollback web --repository ~/manifests --no-push')
    .action(lazily(() => import('../rollback.ts'), (module) => module.rollback)); // prettier-ignore

  program
    .command('suspend')
    .description('change nothing of an application until it is resumed')
    .argument('<application>')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .action(lazily(() => import('../suspend.ts'), (module) => module.suspend)); // prettier-ignore

  program
    .command('resume')
    .description('go on with an application that was suspended, or that stands still after a hook that failed')
    .argument('<application>')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .action(lazily(() => import('../suspend.ts'), (module) => module.resume)); // prettier-ignore
}
