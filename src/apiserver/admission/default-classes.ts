import { isOf, newestFirst, withSpec, type AdmissionStep, type Collection, type Surroundings } from './step.ts';
import { INGRESS_CLASSES, type KubeObject, STORAGE_CLASSES } from '../../model/index.ts';

const DEFAULT_STORAGE = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const DEFAULT_INGRESS = ['ingressclass.kubernetes.io/is-default-class'];

/** A claim that names no class gets the default one; one that names the empty class wants none. */
export const defaultStorageClass: AdmissionStep = {
  name: 'DefaultStorageClass',
  mutate: ({ kind, object, operation }, around) => {
    if (operation !== 'create' || !isOf(kind, 'persistentvolumeclaims')) return object;
    const { storageClassName } = object['spec'] as { storageClassName?: string };
    const isAnnotated = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined;
    const found = storageClassName === undefined && !isAnnotated ? defaultOf(STORAGE_CLASSES, DEFAULT_STORAGE, around) : undefined;
    return found ? withSpec(object, { storageClassName: found.metadata.name }) : object;
  },
};

/** An ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionStep = {
  name: 'DefaultIngressClass',
  mutate: ({ kind, object, operation }, around) => {
    if (operation !== 'create' || !isOf(kind, 'ingresses.networking.k8s.io')) return object;
    const { ingressClassName } = object['spec'] as { ingressClassName?: string };
    const isAnnotated = object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined;
    const found = ingressClassName === undefined && !isAnnotated ? defaultOf(INGRESS_CLASSES, DEFAULT_INGRESS, around) : undefined;
    return found ? withSpec(object, { ingressClassName: found.metadata.name }) : object;
  },
};

function defaultOf(classes: Collection<KubeObject>, annotations: readonly string[], around: Surroundings): KubeObject | undefined {
  const isDefault = ({ metadata }: KubeObject) => annotations.some((name) => metadata.annotations?.[name] === 'true');
  return around.all(classes).filter(isDefault).toSorted(newestFirst)[0];
}
