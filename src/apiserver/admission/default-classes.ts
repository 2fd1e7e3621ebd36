import { INGRESS_CLASSES, type KubeObject, STORAGE_CLASSES } from '../../model/index.ts';
import { isOf, newestFirst, withSpec, type AdmissionStep, type Collection, type Surroundings } from './step.ts';

interface Classed {
  /** The kind whose objects are of a class. */
  readonly kind: string;
  /** In their spec. */
  readonly field: string;
  /** The older way of saying it. */
  readonly annotation: string;
  readonly classes: Collection<KubeObject>;
  /** What marks the class that is the default. */
  readonly marks: readonly string[];
}

/** A claim that names no class gets the default one; one that names the empty class wants none. */
export const defaultStorageClass = defaultClass('DefaultStorageClass', {
  kind: 'persistentvolumeclaims',
  field: 'storageClassName',
  annotation: 'volume.beta.kubernetes.io/storage-class',
  classes: STORAGE_CLASSES,
  marks: ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'],
});

/** An ingress that names no class gets the default one. */
export const defaultIngressClass = defaultClass('DefaultIngressClass', {
  kind: 'ingresses.networking.k8s.io',
  field: 'ingressClassName',
  annotation: 'kubernetes.io/ingress.class',
  classes: INGRESS_CLASSES,
  marks: ['ingressclass.kubernetes.io/is-default-class'],
});

function defaultClass(name: string, { kind: classed, field, annotation, classes, marks }: Classed): AdmissionStep {
  return {
    name,
    mutate: ({ kind, object, operation }, around) => {
      if (operation !== 'create' || !isOf(kind, classed)) return object;
      const spec = object['spec'] as Readonly<Record<string, unknown>>;
      const isSaid = spec[field] !== undefined || object.metadata.annotations?.[annotation] !== undefined;
      const found = isSaid ? undefined : defaultOf(classes, marks, around);
      return found ? withSpec(object, { [field]: found.metadata.name }) : object;
    },
  };
}

function defaultOf(classes: Collection<KubeObject>, marks: readonly string[], around: Surroundings): KubeObject | undefined {
  const isDefault = ({ metadata }: KubeObject) => marks.some((mark) => metadata.annotations?.[mark] === 'true');
  return around.all(classes).filter(isDefault).toSorted(newestFirst)[0];
}
