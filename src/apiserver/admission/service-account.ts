import { randomSuffix } from '../../base/index.ts';
import { MIRROR_ANNOTATION, SERVICE_ACCOUNTS, type Container, type Manifest, type Pod, type ServiceAccount } from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import { newPod, withSpec, type AdmissionStep, type Surroundings } from './step.ts';

const DEFAULT = 'default';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Seven seconds more than an hour: Kubernetes' mark for the tokens that it mounts itself. */
const TOKEN_SECONDS = 3607;

/** Every pod runs as an account of its namespace. */
export const serviceAccount: AdmissionStep = {
  name: 'ServiceAccount',
  of: ['pods'],
  mutate: (request, around) => {
    const pod = newPod(request);
    if (!pod || pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return request.object;
    const { namespace, name: podName } = pod.metadata;
    const name = pod.spec.serviceAccountName || DEFAULT;
    const account = around.find(SERVICE_ACCOUNTS, name, namespace);
    // The account `default` comes by itself soon after its namespace, and nothing that needs it runs before it is there.
    if (!account && name !== DEFAULT) {
      throw forbidden(request.kind, podName, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
    }
    const named = withSpec(request.object, { serviceAccountName: name, serviceAccount: name, ...pullSecrets(pod, account) });
    return wantsToken(pod, account, around) ? withToken(named, around) : named;
  },
}; // prettier-ignore

function pullSecrets({ spec }: Pod, account: ServiceAccount | undefined): Pick<Pod['spec'], 'imagePullSecrets'> {
  const imagePullSecrets = account?.imagePullSecrets;
  return !spec.imagePullSecrets?.length && imagePullSecrets?.length ? { imagePullSecrets } : {};
}

/**
 * Processes of this machine see its files, not volumes at paths of their own, and a pod that asks for such a path is
 * refused. So only containers get the token unasked; elsewhere the pod or its account must ask for it.
 */
function wantsToken({ spec }: Pod, account: ServiceAccount | undefined, { mountTokens }: Surroundings): boolean {
  return spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? mountTokens;
}

function withToken(object: Manifest, { random }: Surroundings): Manifest {
  const { volumes = [], containers, initContainers } = (object as unknown as Pod).spec;
  const isThere = (container: Container) => container.volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_PATH) ?? false;
  const all = [...containers, ...(initContainers ?? [])];
  if (all.every(isThere)) return object;
  const name = volumes.find((volume) => volume.name?.startsWith('kube-api-access-'))?.name ?? `kube-api-access-${randomSuffix(random)}`;
  const mount = (container: Container) =>
    isThere(container)
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_PATH }] };
  return withSpec(object, {
    volumes: volumes.some((volume) => volume.name === name) ? volumes : [...volumes, { name, projected: PROJECTED }],
    containers: containers.map(mount),
    ...(initContainers ? { initContainers: initContainers.map(mount) } : {}),
  });
}

const PROJECTED = {
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ],
  defaultMode: 420,
};
