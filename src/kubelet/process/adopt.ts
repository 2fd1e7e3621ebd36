import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../base/index.ts';
import type { ContainerRef, Sandbox } from '../runtime.ts';
import { HeldContainer } from './held.ts';
import type { AttemptPaths, Layout } from './layout.ts';
import { readOutcome } from './outcome.ts';
import { isAlive, killSession, parseIdentity, readIfThere } from './procfs.ts';

/** Whole or not at all, also when the daemon is killed. */
export function writePodFile(layout: Layout, sandbox: Sandbox): void {
  mkdirSync(layout.pod(sandbox.podUid), { recursive: true, mode: 0o700 });
  const file = layout.podFile(sandbox.podUid);
  writeFileSync(`${file}.new`, `${JSON.stringify(sandbox)}\n`);
  renameSync(`${file}.new`, file);
}

/** A shim that comes late may still put a file into what is being removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 3 } as const;

export interface Adopted {
  readonly sandbox: Sandbox;
  readonly containers: readonly HeldContainer[];
}

/** Finds what earlier daemons left: pods with their containers, running or ended. What was torn in its making is cleared away. */
export async function adoptPods(layout: Layout, clock: Clock): Promise<Adopted[]> {
  mkdirSync(layout.pods, { recursive: true, mode: 0o700 });
  const adopted: Adopted[] = [];
  for (const podUid of readdirSync(layout.pods)) {
    const text = readIfThere(layout.podFile(podUid));
    if (text) {
      const sandbox = JSON.parse(text) as Sandbox;
      const containers = attemptsOf(layout, podUid).map((ref) => adoptAttempt(ref, layout.attempt(ref), clock));
      adopted.push({ sandbox, containers: containers.filter((held) => held !== undefined) });
    } else {
      abandonPod(layout, podUid);
    }
  }
  // One that ended at this moment must not be taken for a running one.
  const ending = adopted
    .flatMap(({ containers }) => containers)
    .filter((held) => held.state.kind === 'running' && !(held.identity && isAlive(held.identity)));
  await Promise.all(ending.map((held) => held.ended));
  return adopted;
}

function attemptsOf(layout: Layout, podUid: string): ContainerRef[] {
  return directoriesIn(layout.pod(podUid))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => directoriesIn(`${layout.pod(podUid)}/${name}`).map((attempt) => ({ podUid, name, attempt: Number(attempt) })))
    .filter(({ attempt }) => Number.isInteger(attempt));
}

function directoriesIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function adoptAttempt(ref: ContainerRef, paths: AttemptPaths, clock: Clock): HeldContainer | undefined {
  if (!readOutcome(paths) && giveUp(paths)) {
    rmSync(paths.directory, REMOVE);
    return undefined;
  }
  return new HeldContainer(ref, paths, parseIdentity(readIfThere(paths.pid) ?? ''), clock);
}

/**
 * Gives a start up that has not come to the point of recording its process; false when it has. The record is made by
 * linking, so exactly one of the two sides comes first.
 */
function giveUp(paths: AttemptPaths): boolean {
  try {
    writeFileSync(paths.pid, 'given up\n', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return !parseIdentity(readFileSync(paths.pid, 'utf8'));
  }
}

/** A pod without its file was torn in its removal, or lost it to a crash of the machine. */
function abandonPod(layout: Layout, podUid: string): void {
  for (const ref of attemptsOf(layout, podUid)) {
    const paths = layout.attempt(ref);
    if (giveUp(paths)) continue;
    const identity = parseIdentity(readFileSync(paths.pid, 'utf8'));
    if (identity) killSession(identity);
  }
  rmSync(layout.pod(podUid), REMOVE);
}
