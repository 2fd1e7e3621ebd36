import {
  CLASS_ANNOTATION,
  DEFAULT_STORAGE_CLASS,
  INGRESS_CLASSES,
  type KubeObject,
  markedClass,
  STORAGE_CLASSES,
} from '../../model/index.ts';
import { isOf, withSpec, type AdmissionStep, type Collection } from './step.ts';

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
  annotation: CLASS_ANNOTATION,
  classes: STORAGE_CLASSES,
  marks: DEFAULT_STORAGE_CLASS,
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
      const found = isSaid ? undefined : markedClass(around.all(classes), marks);
      return found ? withSpec(object, { [field]: found.metadata.name }) : object;
    },
  };
}
