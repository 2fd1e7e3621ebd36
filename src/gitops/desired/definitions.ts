import { isRecord } from '../../base/index.ts';
import {
  apiVersionOf,
  CUSTOM_RESOURCE_DEFINITIONS,
  splitApiVersion,
  type CustomResourceDefinition,
  type KindRef,
  type Manifest,
} from '../../model/index.ts';

/** Kinds by `apiVersion kind`. */
export type DefinedKinds = ReadonlyMap<string, KindRef<Manifest>>;

export function kindName({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): string {
  return `${apiVersion} ${kind}`;
}

/** The kinds that the definitions among these manifests make, once they are applied. What is no good definition makes none. */
export function definedKinds(manifests: Iterable<Manifest>): DefinedKinds {
  const kinds = new Map<string, KindRef<Manifest>>();
  for (const manifest of manifests) {
    if (!isDefinition(manifest)) continue;
    const { group, names, scope, versions } = manifest.spec;
    if (!group || !names?.kind || !names.plural || !Array.isArray(versions)) continue;
    for (const { name, served } of versions) {
      if (!served) continue;
      const kind = { group, version: name, kind: names.kind, plural: names.plural, namespaced: scope === 'Namespaced' };
      kinds.set(kindName({ apiVersion: apiVersionOf(kind), kind: kind.kind }), kind);
    }
  }
  return kinds;
}

function isDefinition(manifest: Manifest): manifest is Manifest & CustomResourceDefinition {
  const { group } = splitApiVersion(manifest.apiVersion);
  return group === CUSTOM_RESOURCE_DEFINITIONS.group && manifest.kind === CUSTOM_RESOURCE_DEFINITIONS.kind && isRecord(manifest['spec']);
}

export function isEstablished({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}
