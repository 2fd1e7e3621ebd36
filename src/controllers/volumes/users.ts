import type { ObjectKey, Pod } from '../../model/index.ts';

/** The claims that a pod mounts, those that are made for it alone included. */
export function claimsUsedBy({ metadata, spec }: Pod): readonly ObjectKey[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const asked = persistentVolumeClaim as { readonly claimName?: string } | undefined;
    const claimName = asked?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    return claimName ? [`${metadata.namespace}/${claimName}`] : [];
  });
}
