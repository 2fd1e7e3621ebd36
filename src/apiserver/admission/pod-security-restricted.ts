import type { Container, PodSpec, SecurityContext } from '../../model/index.ts';
import { containersOf, named, quoted, securedBy, type Check } from './pod-security-baseline.ts';

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const SECCOMP = new Set(['RuntimeDefault', 'Localhost']);

/** What a pod must say, beyond the baseline, to run with as little as it can. */
export const RESTRICTED: readonly Check[] = [
  (spec) => must(spec, 'allowPrivilegeEscalation != false', (own) => own.allowPrivilegeEscalation !== false, 'must set securityContext.allowPrivilegeEscalation=false'),
  (spec) => {
    const all = containersOf(spec);
    const undropped = all.filter((container) => !securedBy(container).capabilities?.drop?.includes('ALL'));
    const added = (container: Container) => (securedBy(container).capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    const adding = all.filter((container) => added(container).length > 0);
    const texts = [
      ...(undropped.length > 0 ? [`${named(undropped)} must set securityContext.capabilities.drop=["ALL"]`] : []),
      ...(adding.length > 0 ? [`${named(adding)} must not include ${quoted([...new Set(adding.flatMap(added))].toSorted())} in securityContext.capabilities.add`] : []),
    ];
    return texts.length > 0 ? `unrestricted capabilities (${texts.join('; ')})` : undefined;
  },
  ({ volumes = [] }) => {
    const typeOf = (volume: object) => Object.keys(volume).find((field) => field !== 'name');
    const found = volumes.filter((volume) => !VOLUMES.has(typeOf(volume) ?? 'emptyDir'));
    const texts = found.map((volume) => `volume ${JSON.stringify(volume.name)} uses restricted volume type ${JSON.stringify(typeOf(volume))}`);
    return found.length > 0 ? `restricted volume types (${texts.join(', ')})` : undefined;
  },
  (spec) => orPod(spec, 'runAsNonRoot != true', ({ runAsNonRoot }) => runAsNonRoot, (value) => value === true, 'must set securityContext.runAsNonRoot=true'),
  (spec) => {
    const found = containersOf(spec).filter((container) => securedBy(container).runAsUser === 0);
    const places = [...(spec.securityContext?.runAsUser === 0 ? ['pod'] : []), ...(found.length > 0 ? [named(found)] : [])];
    return places.length > 0 ? `runAsUser=0 (${places.join(' and ')} must not set runAsUser=0)` : undefined;
  },
  (spec) => orPod(spec, 'seccompProfile', ({ seccompProfile }) => seccompProfile?.type, (type) => SECCOMP.has(String(type)), 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'),
]; // prettier-ignore

function must(spec: PodSpec, what: string, isBad: (own: SecurityContext) => boolean, text: string): string | undefined {
  const found = containersOf(spec).filter((container) => isBad(securedBy(container)));
  return found.length > 0 ? `${what} (${named(found)} ${text})` : undefined;
}

/** What a container leaves unsaid, its pod may say. */
function orPod<T>(
  spec: PodSpec,
  what: string,
  read: (own: SecurityContext) => T | undefined,
  fits: (value: T | undefined) => boolean,
  text: string,
) {
  const ofPod = read(spec.securityContext ?? {});
  const own = (container: Container) => read(securedBy(container));
  const wrong = containersOf(spec).filter((container) => own(container) !== undefined && !fits(own(container)));
  if (wrong.length > 0) return `${what} (${named(wrong)} ${text})`;
  const silent = fits(ofPod) ? [] : containersOf(spec).filter((container) => own(container) === undefined);
  return silent.length > 0 ? `${what} (pod or ${named(silent)} ${text})` : undefined;
}
