import { renameSync, writeFileSync } from 'node:fs';
import type { ContainerSpec } from '../runtime.ts';
import type { AttemptPaths } from './layout.ts';
import { readIfThere } from './procfs.ts';

/** What has to be known of an attempt as long as it exists, also by a daemon that did not start it. */
export interface Settings extends Partial<Pick<ContainerSpec, 'image' | 'lastWord' | 'stopSignal'>> {
  /** The command by which others get into its mount namespace; absent: it has none. */
  readonly enter?: readonly string[];
  /** The words that make a command run as who the container does. */
  readonly as?: readonly string[];
  /** Where no kernel does it: its processes are ended when they take more. */
  readonly watchedBytes?: number;
}

/** Whole or not at all: they may be changed while the container runs. */
export function writeSettings(paths: AttemptPaths, settings: Settings): void {
  writeFileSync(`${paths.settings}.new`, `${JSON.stringify(settings)}\n`);
  renameSync(`${paths.settings}.new`, paths.settings);
}

export function readSettings(paths: AttemptPaths): Settings {
  return JSON.parse(readIfThere(paths.settings) ?? '{}') as Settings;
}
