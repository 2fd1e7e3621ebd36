import { createLog, Scope, systemClock, systemRandom } from '../base/index.ts';
import { runControllers } from '../daemon/index.ts';

/** Runs until it is told to end. */
export async function controllers(options: { kubeconfig: string; context?: string; only?: string }): Promise<void> {
  const scope = new Scope('controllers');
  const only = options.only?.split(',').map((name) => name.trim());
  const log = createLog({ level: 'info' });
  try {
    await runControllers({
      kubeconfig: options.kubeconfig,
      context: options.context,
      only,
      log,
      scope,
      clock: systemClock,
      random: systemRandom,
    });
    process.stdout.write(`${only ? only.join(', ') : 'all controllers'} on the server of ${options.kubeconfig}; Ctrl-C ends them\n`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
  } finally {
    await scope.close();
  }
}
