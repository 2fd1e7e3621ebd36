import { createWriteStream } from 'node:fs';
import { performance } from 'node:perf_hooks';
import colours from 'picocolors';
import { createLog, Scope, systemClock, systemRandom, UserError } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { dataDirAt, parseListen, prepareDataDir, startDaemon, type RuntimeName, type Settings } from '../daemon/index.ts';
import { formatPlan, formatProblem, type PipelineObserver } from '../gitops/index.ts';
import { SERVICES } from '../model/index.ts';

interface UpOptions {
  readonly dataDir: string;
  readonly listen: string;
  readonly runtime: string;
  readonly nodes: string;
}

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Runs until it is told to end. */
export async function up(repository: string | undefined, options: UpOptions): Promise<number> {
  const settings = readSettings(repository, options);
  const dataDir = prepareDataDir(settings.dataDir);
  const logFile = createWriteStream(dataDir.log, { flags: 'a', mode: 0o600 });
  const log = createLog({ write: (line) => void logFile.write(line) });
  const scope = new Scope('daemon');
  const ending = untilTold();
  try {
    const began = performance.timeOrigin;
    const daemon = await startDaemon({ settings, clock: systemClock, random: systemRandom, log, scope, observer: printer() });
    const seconds = ((Date.now() - began) / 1000).toFixed(2);
    log.info({ address: daemon.address, seconds: Number(seconds) }, 'ready');
    print(await welcome(seconds, daemon.address, dataDir.kubeconfig, daemon.client));
    await ending;
    const running = await daemon.running();
    await scope.close();
    print(farewell(running, options.dataDir, repository));
    return 0;
  } finally {
    await scope.close();
    logFile.end();
  }
}
