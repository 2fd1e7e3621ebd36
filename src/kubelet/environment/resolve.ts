import { ownMember } from '../../base/index.ts';
import type { Container, EnvVar, FileKeySelector, Pod } from '../../model/index.ts';
import type { Environment } from '../runtime.ts';
import type { EnvFiles } from '../volumes/envfiles.ts';
import { envFileValue } from './envfile.ts';
import { expand } from './expand.ts';
import { fieldValue, resourceValue, type PodFacts } from './fields.ts';
import type { SourceKey, Sources } from './sources.ts';

export type Resolution =
  | { readonly ok: true; readonly env: Environment; readonly command: readonly string[]; readonly args: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly waitsFor?: SourceKey };

class Unresolved extends Error {
  readonly waitsFor: SourceKey | undefined;

  constructor(message: string, waitsFor?: SourceKey) {
    super(message);
    this.waitsFor = waitsFor;
  }
}

/** The environment and command of a container, as Kubernetes puts them together: services, envFrom, env; a later one wins. */
export function resolveContainer(
  pod: Pod,
  container: Container,
  facts: PodFacts,
  given: Environment,
  sources: Sources,
  files?: EnvFiles,
): Resolution {
  const { serviceLinks } = sources;
  const services = pod.spec.enableServiceLinks === false ? undefined : serviceLinks.of(pod.metadata.namespace ?? 'default');
  const { api } = serviceLinks;
  const own: Record<string, string> = {};
  const valueOf = (name: string) => ownMember(own, name) ?? ownMember(services, name) ?? ownMember(api, name) ?? ownMember(given, name);
  try {
    resolveOwn(own, pod, container, facts, sources, valueOf, files);
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
    return { ok: false, message: error.message, ...(error.waitsFor ? { waitsFor: error.waitsFor } : {}) };
  }
  return {
    ok: true,
    // Services may be many, and not every runtime asks.
    get env() {
      return { ...given, ...api, ...services, ...own };
    },
    command: container.command?.map((text) => expand(text, valueOf)) ?? [],
    args: container.args?.map((text) => expand(text, valueOf)) ?? [],
  };
}

type ValueOf = (name: string) => string | undefined;

/** What the container itself asks for, put into `own` as it comes: a later variable may use the ones before. */
function resolveOwn(
  own: Record<string, string>,
  pod: Pod,
  container: Container,
  facts: PodFacts,
  sources: Sources,
  valueOf: ValueOf,
  files: EnvFiles | undefined,
): void {
  const namespace = pod.metadata.namespace ?? 'default';
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? configMapData(sources, namespace, configMapRef)
      : secretRef
        ? secretData(sources, namespace, secretRef)
        : {};
    for (const [key, value] of Object.entries(data ?? {})) own[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? valueFrom(pod, container, facts, sources, namespace, variable.valueFrom, files)
      : expand(variable.value ?? '', valueOf);
    if (value !== undefined) own[variable.name] = value;
  }
}

function valueFrom(
  pod: Pod,
  container: Container,
  facts: PodFacts,
  sources: Sources,
  namespace: string,
  from: NonNullable<EnvVar['valueFrom']>,
  files: EnvFiles | undefined,
): string | undefined {
  if (from.fieldRef) {
    const value = fieldValue(pod, facts, from.fieldRef.fieldPath);
    if (value === undefined) throw new Unresolved(`field label not supported: ${from.fieldRef.fieldPath}`);
    return value;
  }
  if (from.resourceFieldRef) {
    const { resource, divisor, containerName } = from.resourceFieldRef;
    const of = containerName
      ? [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(({ name }) => name === containerName)
      : container;
    const value = of && resourceValue(pod, of, facts, resource, divisor);
    if (value === undefined) throw new Unresolved(`unsupported container resource: ${containerName ? `${containerName}.` : ''}${resource}`);
    return value;
  }
  if (from.configMapKeyRef)
    return keyOf('ConfigMap', configMapData(sources, namespace, from.configMapKeyRef), namespace, from.configMapKeyRef);
  if (from.secretKeyRef) return keyOf('Secret', secretData(sources, namespace, from.secretKeyRef), namespace, from.secretKeyRef);
  if (from.fileKeyRef) return files && fileValue(from.fileKeyRef, files);
  // Better no container than one that lacks what it asks for.
  throw new Unresolved(`variables from ${Object.keys(from).join(', ')} are not supported on this node`);
}

function fileValue({ volumeName, path, key, optional }: FileKeySelector, files: EnvFiles): string | undefined {
  const file = files[volumeName]?.[path];
  if (!file) throw new Unresolved(`cannot find the volume "${volumeName}" referenced by FileKeyRef`);
  const value = file.text === undefined ? undefined : valueIn(file.text, key);
  if (value === undefined) throw new Unresolved("couldn't parse env file");
  if (value === '' && !optional) throw new Unresolved(`environment variable key "${key}" not found in file "${file.path}"`);
  return value || undefined;
}

function valueIn(text: string, key: string): string | undefined {
  try {
    return envFileValue(text, key);
  } catch {
    return undefined;
  }
}

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

function keyOf(
  kind: 'ConfigMap' | 'Secret',
  data: Environment | undefined,
  namespace: string,
  ref: Reference & { readonly key: string },
): string | undefined {
  const value = data?.[ref.key];
  if (value === undefined && !ref.optional) {
    throw new Unresolved(
      `couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`,
      `${kind.toLowerCase()}/${namespace}/${ref.name}`,
    );
  }
  return value;
}

function configMapData(sources: Sources, namespace: string, { name = '', optional }: Reference): Environment | undefined {
  const found = sources.configMap(namespace, name);
  if (!found && !optional) throw new Unresolved(`configmap "${name}" not found`, `configmap/${namespace}/${name}`);
  return found && (found.data ?? {});
}

function secretData(sources: Sources, namespace: string, { name = '', optional }: Reference): Environment | undefined {
  const found = sources.secret(namespace, name);
  if (!found && !optional) throw new Unresolved(`secret "${name}" not found`, `secret/${namespace}/${name}`);
  return (
    found && Object.fromEntries(Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
  );
}
