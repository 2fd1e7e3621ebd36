import { createWriteStream } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import colours from 'picocolors';
import { createLog, Scope, systemClock, systemRandom, UserError } from '../base/index.ts';
import {
  dataDirOption,
  parseListen,
  prepareDataDir,
  startDaemon,
  takeBackDataDir,
  type Daemon,
  type DataDir,
  type RuntimeName,
  type Settings,
} from '../daemon/index.ts';
import { SERVICES } from '../model/index.ts';
import { readGitSettings, type GitOptions } from './git.ts';
import { readNetworkSettings, type NetworkFlags } from './network.ts';
import { firstPage } from './places.ts';

interface UpOptions extends GitOptions, NetworkFlags {
  readonly dataDir: string;
  readonly listen: string;
  readonly runtime: string;
  readonly nodes: string;
  readonly criSocket?: string;
  readonly staticPods?: string;
  readonly tokenAuthFile?: string;
}

const RUNTIMES: readonly string[] = ['auto', 'process', 'cri', 'simulated'] satisfies RuntimeName[];

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Runs until it is told to end. */
export async function up(repository: string | undefined, options: UpOptions): Promise<void> {
  const settings = await readSettings(repository, options);
  const dataDir = prepareDataDir(settings.dataDir);
  // A log that cannot be written ends nothing: what must not be lost is in the journal.
  const logFile = createWriteStream(dataDir.log, { flags: 'a', mode: 0o600 }).on('error', () => {});
  const log = createLog({ write: (line) => void logFile.write(line) });
  const scope = new Scope('daemon');
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // There is nothing to tell without a repository.
  const story = repository === undefined ? undefined : (await import('./narrate.ts')).narrator(print);
  const notice = (message: string) => print(`${colours.yellow('!')} ${message}`);
  // It goes on when nobody reads its story any more.
  process.stdout.removeAllListeners('error').on('error', () => {});
  let isReady = false;
  try {
    const daemon = await startDaemon({ settings, clock: systemClock, random: systemRandom, log, scope, observer: story, notice });
    isReady = true;
    story?.begin();
    const ms = Math.round(performance.now());
    log.info({ address: daemon.address, ms }, 'ready');
    print(await welcome(daemon, ms, { ...settings, repository }));
    await told;
    const running = await daemon.running();
    await scope.close();
    print(farewell(running, daemon.dataDir));
  } finally {
    await scope.close();
    await finished(logFile.end()).catch(() => {});
    if (!isReady) takeBackDataDir(dataDir);
  }
}

async function readSettings(repository: string | undefined, options: UpOptions): Promise<Settings> {
  const { dataDir, listen, runtime, criSocket, staticPods, nodes, tokenAuthFile } = options;
  const address = parseListen(listen);
  if (!address) throw new UserError(`--listen ${listen}: expected HOST:PORT, such as 127.0.0.1:7443`);
  if (!RUNTIMES.includes(runtime)) throw new UserError(`--runtime ${runtime}: expected one of ${RUNTIMES.join(', ')}`);
  if (!/^[1-9]\d{0,4}$/.test(nodes)) throw new UserError(`--nodes ${nodes}: expected a number from 1 to 99999`);
  return {
    repository: repository && (await fromAnywhere(repository)),
    git: readGitSettings(options),
    dataDir,
    listen: address,
    runtime: runtime as RuntimeName,
    criSocket,
    staticPods,
    nodes: Number(nodes),
    tokenFile: tokenAuthFile,
    network: readNetworkSettings(options),
  };
}

/** Other commands read it too, from wherever they are called. */
async function fromAnywhere(repository: string): Promise<string> {
  const { isRemote } = await import('../gitops/index.ts');
  return isRemote(repository) ? repository : resolve(repository);
}

/** What a person types to call this program. */
const COMMAND = process.env['SLIPWAY_COMMAND'] ?? 'slipway';

/** What to do next, with what is really there. */
async function welcome({ address, webhook, dataDir, client }: Daemon, ms: number, { repository, runtime }: Settings): Promise<string> {
  // Simulated pods answer nobody.
  const page = runtime === 'simulated' ? undefined : firstPage((await client.list(SERVICES)).items);
  const kubeconfig = relative(process.cwd(), dataDir.kubeconfig);
  const tries = [
    `kubectl --kubeconfig ${kubeconfig.startsWith('..') ? dataDir.kubeconfig : kubeconfig} get pods -w`,
    ...(page ? [`curl ${page}`] : []),
    `${COMMAND} status${dataDirOption(dataDir)}`,
  ];
  return [
    '',
    `${colours.bold(`Ready in ${(ms / 1000).toFixed(2)} s`)}, listening on ${colours.cyan(address)}`,
    `kubectl's configuration: ${colours.cyan(dataDir.kubeconfig)}`,
    ...(webhook ? [`Pushes are taken on ${colours.cyan(webhook)}`] : []),
    '',
    'Try next:',
    ...tries.map((line) => `  ${line}`),
    ...(repository ? [`Then change a manifest in ${repository} and commit it.`] : []),
    '',
    colours.dim('Ctrl-C ends Slipway and leaves the pods running.'),
  ].join('\n');
}

function farewell(running: number, dataDir: DataDir): string {
  if (running === 0) return '\nSlipway has ended. Nothing is running.';
  const pods = running === 1 ? '1 pod is' : `${running} pods are`;
  return `\nSlipway has ended; ${pods} left running. The next '${COMMAND} up' takes them over, '${COMMAND} down${dataDirOption(dataDir)}' stops them.`;
}
