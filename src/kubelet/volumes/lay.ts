import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord, messageOf, type Millis } from '../../base/index.ts';
import type { Volume } from '../../model/index.ts';
import type { SourceKey } from '../environment/sources.ts';
import { boundMemory } from '../podfiles/memoryplace.ts';
import type { Sandbox } from '../runtime.ts';
import { claimedPath, claimNameOf } from './claims.ts';
import { contentOf, type ContentParts } from './content.ts';
import { isInMemory } from './emptydir.ts';
import { hostPathProblem } from './hostpath.ts';
import { memorySizeOf } from './memorysize.ts';
import type { Tokens } from './tokens.ts';
import { writeFiles } from './writefiles.ts';

/** Where a volume lies on the machine. */
export interface Place {
  readonly path: string;
  readonly readOnly: boolean;
  /** It was laid from what a ConfigMap, a Secret or the pod itself says. */
  readonly isContent?: boolean;
}

export interface LaidVolumes {
  readonly places: ReadonlyMap<string, Place>;
  /** The first thing that is missing. */
  readonly problem: string | undefined;
  /** What the volumes are made from. */
  readonly from: ReadonlySet<SourceKey>;
  /** When a token in one of them has to be renewed. */
  readonly renewAt: Millis | undefined;
}

interface Outcome {
  readonly place?: Place;
  readonly problem?: string;
  readonly from?: readonly SourceKey[];
  readonly renewAt?: Millis | undefined;
}

export interface LayParts extends ContentParts {
  readonly sandbox: Sandbox;
  readonly tokens: Tokens;
}

/** Lays all volumes of a pod, or brings them up to date. Where the runtime ignores volumes, it only looks whether all is there. */
export async function layVolumes(parts: LayParts): Promise<LaidVolumes> {
  const places = new Map<string, Place>();
  const from = new Set<SourceKey>();
  let problem: string | undefined;
  let renewAt: Millis | undefined;
  for (const volume of parts.pod.spec.volumes ?? []) {
    const laid = await tryToLay(volume, parts);
    for (const key of laid.from ?? []) from.add(key);
    if (laid.place) places.set(volume.name, laid.place);
    problem ??= laid.problem;
    if (laid.renewAt !== undefined) renewAt = Math.min(laid.renewAt, renewAt ?? Infinity);
  }
  return { places, problem, from, renewAt };
}

async function tryToLay(volume: Volume, parts: LayParts): Promise<Outcome> {
  const setUp = `MountVolume.SetUp failed for volume "${volume.name}" : `;
  try {
    const laid = await lay(volume, parts);
    if (laid.problem === undefined) return laid;
    const claimed = claimNameOf(volume, parts.pod) !== undefined;
    const unmounted = `Unable to attach or mount volumes: unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]: `;
    return { ...laid, problem: `${claimed ? unmounted : setUp}${laid.problem}` };
  } catch (error) {
    return { problem: `${setUp}${messageOf(error)}` };
  }
}

async function lay(volume: Volume, parts: LayParts): Promise<Outcome> {
  const { pod, sandbox, sources } = parts;
  const { emptyDir, hostPath } = volume;
  if (emptyDir !== undefined) return layEmpty(volume, parts);
  const claim = claimNameOf(volume, pod);
  if (claim !== undefined) {
    const found = claimedPath(claim, volume, pod, sources);
    if ('missing' in found) return { problem: found.missing, from: found.from };
    if ('unknown' in found) return { ...(sandbox.volumes === undefined ? {} : { problem: found.unknown }), from: found.from };
    return { ...(await layHostPath({ path: found.path }, found.readOnly, sandbox)), from: found.from };
  }
  if (isRecord(hostPath)) return layHostPath(hostPath as unknown as { path: string; type?: string }, false, sandbox);
  const content = contentOf(volume, parts);
  if (!content) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    return sandbox.volumes === undefined ? {} : { problem: `volumes of the kind ${kind} are not supported on this node` };
  }
  if ('missing' in content) return { problem: content.missing, from: content.from };
  if (sandbox.volumes === undefined) return { from: content.from };
  const path = join(sandbox.volumes, volume.name);
  const tokens = await parts.tokens.filesFor(pod, content.tokens);
  await mkdir(path, { recursive: true });
  await writeFiles(path, new Map([...content.files, ...tokens.files]), pod.spec.securityContext?.fsGroup);
  return { place: { path, readOnly: true, isContent: true }, from: content.from, renewAt: tokens.renewAt };
}

/** What is made in a directory of a group is the group's too. */
const OF_GROUP = 0o2777;

async function layEmpty(volume: Volume, { pod, sandbox, facts }: LayParts): Promise<Outcome> {
  const { volumes, memoryVolumes, boundsMemory } = sandbox;
  if (volumes === undefined) return {};
  const { name } = volume;
  const group = pod.spec.securityContext?.fsGroup;
  const inMemory = isInMemory(volume);
  const path = join(inMemory ? (memoryVolumes ?? volumes) : volumes, name);
  const isNew = (await mkdir(path, { recursive: true })) !== undefined;
  // What containers hold already is never mounted over.
  if (isNew && inMemory && boundsMemory) await boundMemory(path, memorySizeOf(volume, pod, facts.allocatable));
  if (group !== undefined) await chown(path, -1, group);
  await chmod(path, group === undefined ? 0o777 : OF_GROUP);
  return { place: { path, readOnly: false } };
}

async function layHostPath(hostPath: { path: string; type?: string }, readOnly: boolean, { volumes }: Sandbox): Promise<Outcome> {
  if (volumes === undefined) return {};
  const problem = await hostPathProblem(hostPath);
  return problem === undefined ? { place: { path: hostPath.path, readOnly } } : { problem };
}
