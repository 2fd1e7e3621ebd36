import { NAMESPACES, type Kind, type Manifest, type Namespace } from '../../model/index.ts';
import type { Caller } from '../api.ts';
import { forbidden, notFound } from '../refusals.ts';
import { storeKey } from './place.ts';
import type { Verbs } from './commit.ts';

export interface Admission {
  readonly kind: Kind;
  readonly object: Manifest;
  readonly old?: Manifest;
  readonly operation: 'create' | 'update';
  readonly caller: Caller;
}

/** A step of admission gives the object, changed or not, or throws its refusal. It must not write. */
type AdmissionStep = (verbs: Verbs, admission: Admission) => Manifest;

const STEPS: readonly AdmissionStep[] = [namespaceLifecycle];

export function admit(verbs: Verbs, admission: Admission): Manifest {
  return STEPS.reduce((object, step) => step(verbs, { ...admission, object }), admission.object);
}

/** Nothing is created in a namespace that is not there or is going. */
function namespaceLifecycle(verbs: Verbs, { kind, object, operation }: Admission): Manifest {
  const { namespace, name } = object.metadata;
  if (operation !== 'create' || !namespace) return object;
  const found = verbs.store.get(storeKey(NAMESPACES, namespace))?.value as Namespace | undefined;
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp) {
    const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(kind, name, message, {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    });
  }
  return object;
}
