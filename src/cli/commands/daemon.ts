import type { Command } from 'commander';
import { dataDir, type Lazily } from './options.ts';

/** The daemon, and the end of what it leaves running. */
export function declareDaemon(program: Command, lazily: Lazily): void {
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
    .action(lazily(() => import('../up.ts'), (module) => module.up)); // prettier-ignore

  program
    .command('down')
    .description('stop the daemon and the pods that it left running')
    .option(...dataDir)
    .action(lazily(() => import('../down.ts'), (module) => module.down)); // prettier-ignore
}
