import { Option } from 'commander';

type Action = (...args: never[]) => Promise<number | void>;

/** Loads the command's module when it is called, and keeps its exit code. */
export type Lazily = <M>(load: () => Promise<M>, pick: (module: M) => Action) => (...args: unknown[]) => Promise<void>;

export const dataDir = ['--data-dir <dir>', 'the data directory (default: the nearest .slipway)'] as const;
export const kubeconfig = ['--kubeconfig <file>', 'how to reach the daemon, in place of its data directory'] as const;

export function output(...formats: [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'how to print it').choices(formats).default(formats[0]);
}
