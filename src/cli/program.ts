import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, Option } from 'commander';

const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

type Action = (...args: never[]) => Promise<number | void>;

/** Runs one command and gives its exit code: 0 done, 1 failed or refused, 2 something would change, 3 not there in time. */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  /** Loads the command's module when it is called, and keeps its exit code. */
  const lazily = <M>(load: () => Promise<M>, pick: (module: M) => Action) => {
    return async (...args: unknown[]): Promise<void> => {
      exitCode = (await pick(await load())(...(args as never[]))) ?? 0;
    };
  };

  const program = new Command('slipway')
    .description('Git is the cluster: runs what a Git repository of Kubernetes manifests says, on this machine.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('(slipway --help lists the commands)')
    .exitOverride();

  const output = (...formats: [string, ...string[]]) =>
    new Option('-o, --output <format>', 'how to print it').choices(formats).default(formats[0]);
  const dataDir = ['--data-dir <dir>', 'the data directory (default: the nearest .slipway)'] as const;
  const kubeconfig = ['--kubeconfig <file>', 'how to reach the daemon, in place of its data directory'] as const;

  program
    .command('up')
    .description('start Slipway on a repository, or without one as a bare control plane')
    .argument('[repository]', 'a Git repository, a folder of one, or an https address')
    .option('--data-dir <dir>', 'where journal, certificates and kubeconfig are kept', '.slipway')
    .option('--listen <host:port>', 'the address of the API', '127.0.0.1:7443')
    .option('--runtime <name>', 'how pods run: auto, process, cri (containers) or simulated', 'auto')
    .option('--static-pods <directory>', 'run the pods of the files in it, whoever asks for them')
    .option('--cri-socket <path>', 'where containerd or CRI-O listens (default: where they usually do)')
    .option('--nodes <n>', 'how many simulated nodes', '1')
    .option('--ref <ref>', 'the branch, tag or commit to follow (default: HEAD)')
    .option('--path <folder>', 'the folder of the repository that holds the manifests')
    .option('--git-credentials <file>', 'for an https repository: a file with a token, or USER:PASSWORD')
    .option('--poll <time>', 'how often an https repository is asked, such as 30s; 0s for never', '60s')
    .option('--webhook <host:port>', 'take pushes of GitHub, GitLab, Gitea and others there')
    .option('--webhook-secret <file>', 'the secret that pushes are signed with')
    .option('--allowed-signers <file>', "take only commits that one of these SSH keys signed (OpenSSH's format)")
    .option('--ingress-http <[host:]port>', 'where Ingresses are served (default: port 80 of this machine, or 8080)')
    .option('--ingress-https <[host:]port>', 'where they are served with TLS (default: port 443, or 8443)')
    .option('--no-ingress', 'serve no Ingresses')
    .option('--proxy-mode <mode>', 'how Services are carried: auto, nftables or userspace', 'auto')
    .option('--node-port-addresses <networks>', "on which of this machine's addresses Services listen, such as 0.0.0.0/0 for all", '127.0.0.0/8')
    .option('--token-auth-file <file>', 'bearer tokens of users, one a line: token,user,uid,"group1,group2"')
    .addHelpText('after', '\nExamples:\n  slipway up ./manifests\n  slipway up --runtime simulated --nodes 50\n  slipway up https://git.example.com/team/manifests.git --ref main --git-credentials token')
    .action(lazily(() => import('./up.ts'), (module) => module.up)); // prettier-ignore

  program
    .command('down')
    .description('stop the daemon and the pods that it left running')
    .option(...dataDir)
    .action(lazily(() => import('./down.ts'), (module) => module.down)); // prettier-ignore

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
    .action(lazily(() => import('./plan.ts'), (module) => module.plan)); // prettier-ignore

  program
    .command('diff')
    .description('show what was changed in the cluster and not in Git; exit code 2 when there is something')
    .argument('[application]', 'only this one')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('diff', 'stat', 'json', 'yaml', 'markdown'))
    .addHelpText('after', '\nExamples:\n  slipway diff\n  slipway diff web -o stat')
    .action(lazily(() => import('./diff.ts'), (module) => module.diff)); // prettier-ignore

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
    .action(lazily(() => import('./why.ts'), (module) => module.why)); // prettier-ignore

  program
    .command('lint')
    .description('check manifests without a cluster, for hooks and CI; exit code 1 when something is wrong')
    .argument('[path]', 'a folder of manifests', '.')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway lint\n  slipway lint clusters/production -o json')
    .action(lazily(() => import('./lint.ts'), (module) => module.lint)); // prettier-ignore

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
    .action(lazily(() => import('./status.ts'), (module) => module.status)); // prettier-ignore

  program
    .command('approve')
    .description('agree to what a plan would do, and to nothing else')
    .argument('<plan|application>', 'a plan that waits, or the application that it is of')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway approve web\n  slipway approve web-1a2b3c4-x7k2p')
    .action(lazily(() => import('./approve.ts'), (module) => module.approve)); // prettier-ignore

  program
    .command('history')
    .description('show the syncs of an application or of all, or one of them in detail')
    .argument('[application|plan]', 'an application, or a plan to see in detail')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('--all', 'from the journal, which has more than the last twenty')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway history web\n  slipway history web-1a2b3c4-x7k2p')
    .action(lazily(() => import('./history.ts'), (module) => module.history)); // prettier-ignore

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
    .action(lazily(() => import('./rollback.ts'), (module) => module.rollback)); // prettier-ignore

  program
    .command('suspend')
    .description('change nothing of an application until it is resumed')
    .argument('<application>')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .action(lazily(() => import('./suspend.ts'), (module) => module.suspend)); // prettier-ignore

  program
    .command('resume')
    .description('go on with an application that was suspended, or that stands still after a hook that failed')
    .argument('<application>')
    .option(...dataDir)
    .option(...kubeconfig)
    .addOption(output('text', 'json'))
    .action(lazily(() => import('./suspend.ts'), (module) => module.resume)); // prettier-ignore

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
    .action(lazily(() => import('./open.ts'), (module) => module.open)); // prettier-ignore

  const log = program
    .command('log')
    .description('read the journal: commits, plans, every write and every event')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('-f, --follow', 'go on as it grows')
    .option('--app <application>', 'only what concerns this application')
    .option('--object <kind/name>', 'only what concerns this object, such as deployment/web')
    .option('--since <time>', 'only what is younger: a duration such as 10m, or a time')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway log -f --app web\n  slipway log --object secret/db --since 1h -o json')
    .action(lazily(() => import('./log.ts'), (module) => module.log)); // prettier-ignore
  log
    .command('verify')
    .description("check the journal's checksums and its chain")
    .option(...dataDir)
    .option(...kubeconfig)
    .action(lazily(() => import('./log.ts'), (module) => module.verify)); // prettier-ignore

  program
    .command('events')
    .description('read what happened: the journal without each write')
    .option(...dataDir)
    .option(...kubeconfig)
    .option('-f, --follow', 'go on as it grows')
    .option('--app <application>', 'only what concerns this application')
    .option('--object <kind/name>', 'only what concerns this object, such as deployment/web')
    .option('--since <time>', 'only what is younger: a duration such as 10m, or a time')
    .addOption(output('text', 'json'))
    .addHelpText('after', '\nExamples:\n  slipway events -f\n  slipway events --app web --since 10m')
    .action(lazily(() => import('./log.ts'), (module) => module.events)); // prettier-ignore

  program
    .command('kubeconfig')
    .description('print the kubeconfig, for KUBECONFIG=<(slipway kubeconfig) or a file')
    .option(...dataDir)
    .option('--path', 'print only where it lies')
    .option('--merge [file]', 'add it to what kubectl reads, or to this file, and make it the current context')
    .addHelpText('after', '\nExamples:\n  slipway kubeconfig --merge\n  export KUBECONFIG=$(slipway kubeconfig --path)')
    .action(lazily(() => import('./kubeconfig.ts'), (module) => module.kubeconfig)); // prettier-ignore

  program
    .command('init')
    .description('make a new repository of manifests with an example that works')
    .argument('<folder>', 'a new folder')
    .addHelpText('after', '\nExample:\n  slipway init manifests && slipway up manifests')
    .action(lazily(() => import('./init.ts'), (module) => module.init)); // prettier-ignore

  program
    .command('completion')
    .description('print what a shell completes this command with')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', '\nExamples:\n  source <(slipway completion bash)\n  slipway completion zsh > "${fpath[1]}/_slipway"\n  slipway completion fish > ~/.config/fish/completions/slipway.fish')
    .action(lazily(() => import('./completion.ts'), (module) => module.completion)); // prettier-ignore

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(lazily(() => import('./completion.ts'), (module) => module.candidates)); // prettier-ignore

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
    .action(lazily(() => import('./standalone.ts'), (module) => module.controllers)); // prettier-ignore

  program
    .command('scheduler')
    .description('run the scheduler against any Kubernetes API server')
    .requiredOption('--kubeconfig <file>', 'how to reach the server')
    .option('--context <name>', 'which context of the file (default: its current one)')
    .option('--scheduler-name <name>', 'place the pods that ask for this one (default: default-scheduler)')
    .addHelpText('after', '\nExample:\n  slipway scheduler --kubeconfig ~/.kube/config --scheduler-name slipway')
    .action(lazily(() => import('./standalone.ts'), (module) => module.scheduler)); // prettier-ignore

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
