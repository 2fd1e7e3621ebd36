import { readFileSync } from 'node:fs';
import { StatusError } from '../../../src/base/index.ts';
import {
  applyPatch,
  jsonPatch,
  mergePatch,
  STATUS_FIELDS,
  strategicMergePatch,
  trackUpdate,
  type JsonPatchOperation,
  type ManagedFields,
} from '../../../src/apiserver/patch/index.ts';
import { BUILT_IN_KINDS, KindRegistry, type Kind, type Manifest } from '../../../src/model/index.ts';

export interface Step {
  readonly create?: boolean;
  readonly apply?: string;
  readonly force?: boolean;
  readonly put?: string;
  readonly type?: string;
  readonly object?: Manifest;
  readonly patch?: unknown;
  readonly status: number;
  readonly output: Manifest;
}

export interface Sequence {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Created {
  readonly input: Manifest;
  readonly status: number;
  readonly output: Manifest;
}

export const NOW = '<time>';

export function readOracle<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../shared/oracle/${file}`, import.meta.url), 'utf8')) as T;
}

const kinds = new KindRegistry(BUILT_IN_KINDS);

export function kindOf({ apiVersion, kind }: Manifest): Kind | undefined {
  return kinds.byApiVersion(apiVersion, kind);
}

/** One step of a recorded sequence on the object that the server had before it: what comes out before the verbs' own rules. */
export function replay(step: Step, live: Manifest | undefined): { object: Manifest; managedFields: ManagedFields | undefined } {
  const object = step.object ?? live!;
  const kind = kindOf(object)!;
  const writer = { apiVersion: object.apiVersion, now: NOW, shape: kind.shape(), ignore: STATUS_FIELDS };
  if (step.apply) {
    const { object: merged, managedFields } = applyPatch({
      ...writer,
      live,
      applied: step.object!,
      manager: step.apply,
      force: step.force ?? false,
    });
    return { object: kind.defaults(merged), managedFields };
  }
  const after = kind.defaults(next(step, live, kind));
  const manager = step.create ? 'creator' : (step.put ?? 'patcher');
  return { object: after, managedFields: trackUpdate({ ...writer, before: live, after, manager }) };
}

function next(step: Step, live: Manifest | undefined, kind: Kind): Manifest {
  switch (step.type) {
    case 'application/json-patch+json':
      return jsonPatch(live, step.patch as JsonPatchOperation[]) as Manifest;
    case 'application/merge-patch+json':
      return mergePatch(live, step.patch) as Manifest;
    case 'application/strategic-merge-patch+json':
      return strategicMergePatch(live, step.patch, kind.shape()) as Manifest;
    default:
      return step.object!;
  }
}

export function refusalOf(run: () => unknown): object | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.toStatus();
    throw error;
  }
}
