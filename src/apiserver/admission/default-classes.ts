import {
  CLASS_ANNOTATION,
  DEFAULT_STORAGE_CLASS,
  INGRESS_CLASSES,
  type KubeObject,
  markedClass,
  STORAGE_CLASSES,
} from '../../model/index.ts';
import { withSpec, type AdmissionStep, type Collection } from './step.ts';

interface Classed {
  /** Those that are of a class. */
  readonly resource: string;
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
  resource: 'persistentvolumeclaims',
  field: 'storageClassName',
  annotation: CLASS_ANNOTATION,
  classes: STORAGE_CLASSES,
  marks: DEFAULT_STORAGE_CLASS,
});

/** An ingress that names no class gets the default one. */
export const defaultIngressClass = defaultClass('DefaultIngressClass', {
  resource: 'ingresses.networking.k8s.io',
  field: 'ingressClassName',
  annotation: 'kubernetes.io/ingress.class',
  classes: INGRESS_CLASSES,
  marks: ['ingressclass.kubernetes.io/is-default-class'],
});

function defaultClass(name: string, { resource, field, annotation, classes, marks }: Classed): AdmissionStep {
  return {
    name,
    of: [resource],
    mutate: ({ object, operation }, around) => {
      if (operation !== 'create') return object;
      const spec = object['spec'] as Readonly<Record<string, unknown>>;
      const isSaid = spec[field] !== undefined || object.metadata.annotations?.[annotation] !== undefined;
      const found = isSaid ? undefined : markedClass(around.all(classes), marks);
      return found ? withSpec(object, { [field]: found.metadata.name }) : object;
    },
  };
}
