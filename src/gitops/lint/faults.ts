import { isRecord } from '../../base/index.ts';
import {
  BUILT_IN_KINDS,
  checkSchema,
  formatPath,
  KindRegistry,
  unknownField,
  type FieldPath,
  type Kind,
  type Manifest,
} from '../../model/index.ts';

/** One thing that the API server would refuse in a manifest, without asking one. */
export interface Fault {
  /** Empty where no field can be named. */
  readonly path: FieldPath;
  /** With the field in it, where there is one. */
  readonly message: string;
}

let registry: KindRegistry | undefined;

/** Built-in kinds: what the API server of this version serves without any definition. */
const builtIn = () => (registry ??= new KindRegistry(BUILT_IN_KINDS));

export function builtInKind(apiVersion: string, kind: string): Kind | undefined {
  return builtIn().byApiVersion(apiVersion, kind);
}

/** As people name it: `deploy`, `deployments`. */
export function builtInKindNamed(name: string): Kind | undefined {
  return builtIn().byName(name);
}

/** All that is wrong with a manifest as far as its kind's schema and rules can tell, where a server stops at the first sort. */
export function faultsOf(kind: Kind, manifest: Manifest): readonly Fault[] {
  const { status: _, ...asked } = manifest;
  const { decoding, unknown, problems, pruned } = checkSchema(kind, asked as Manifest);
  const stray = unknown.map((path) => ({ path: parseField(path), message: unknownField(path) }));
  const undecodable = decoding.map((message) => ({ path: fieldOfDecoding(message), message }));
  // Rules take the types for granted, so what does not decode cannot be judged further.
  const broken = decoding.length > 0 ? [] : problems.length > 0 ? problems : judge(kind, pruned);
  return [...undecodable, ...stray, ...broken.map(({ path, message }) => ({ path, message: `${formatPath(path)}: ${message}` }))];
}

function judge(kind: Kind, pruned: Manifest) {
  const metadata = kind.namespaced && !pruned.metadata.namespace ? { ...pruned.metadata, namespace: 'default' } : pruned.metadata;
  return kind.validate(kind.prepareCreate(kind.defaults({ ...pruned, metadata })));
}

/** Go names the struct and the fields, without the places in lists: `Go struct field DeploymentSpec.spec.replicas of type int32`. */
function fieldOfDecoding(message: string): FieldPath {
  const found = /Go struct field \w*\.(\S+) of type/.exec(message);
  return found ? found[1]!.split('.') : [];
}

/** `spec.containers[0].env[1].name` and `metadata.labels[app.io/name]` as steps. */
export function parseField(text: string): FieldPath {
  return [...text.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([step, bracketed]) => {
    if (bracketed === undefined) return step;
    return /^\d+$/.test(bracketed) ? Number(bracketed) : bracketed;
  });
}

/** The path with the places in lists put in where the value has some: the first item that has the rest of it. */
export function throughLists(value: unknown, path: FieldPath): FieldPath {
  const [step, ...rest] = path;
  if (step === undefined) return [];
  if (Array.isArray(value) && typeof step === 'string') {
    const index = value.findIndex((item) => isRecord(item) && step in item);
    return index < 0 ? [] : [index, ...throughLists(value[index], path)];
  }
  return [step, ...throughLists(isRecord(value) || Array.isArray(value) ? (value as Record<string, unknown>)[step] : undefined, rest)];
}
