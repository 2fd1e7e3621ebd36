import { NAMESPACES } from '../../model/index.ts';
import { forbidden, notFound } from '../refusals.ts';
import type { AdmissionStep } from './step.ts';

/** Nothing is created in a namespace that is not there or is going. */
export const namespaceLifecycle: AdmissionStep = {
  name: 'NamespaceLifecycle',
  mutate: ({ kind, object, operation }, around) => {
    const { namespace, name } = object.metadata;
    if (operation !== 'create' || !namespace) return object;
    const found = around.find(NAMESPACES, namespace);
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
  },
};
