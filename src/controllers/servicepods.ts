import type { Informer } from '../client/index.ts';
import { keyOf, matches, selectorFromLabels, type ObjectKey, type Pod, type Service } from '../model/index.ts';
import { indexLabels, labelTerm, labelTerms } from './indexes.ts';

const BY_SELECTOR = 'controllers/selector';

/** One label that all of the Service's pods have; undefined for a Service whose endpoints are not ours to list. */
export function firstTerm({ spec }: Service): readonly [string, string] | undefined {
  if (spec.type === 'ExternalName') return undefined;
  return Object.entries(spec.selector ?? {})[0];
}

/** Finds the Services that select a pod. */
export function servicesSelecting(services: Informer<Service>): (pod: Pod) => readonly ObjectKey[] {
  services.index(BY_SELECTOR, (service) => {
    const term = firstTerm(service);
    return term ? [labelTerm(service.metadata.namespace!, ...term)] : [];
  });
  return ({ metadata: { namespace, labels } }) => {
    const keys: ObjectKey[] = [];
    for (const term of labelTerms(namespace!, labels)) {
      for (const service of services.by(BY_SELECTOR, term)) {
        if (matches(selectorFromLabels(service.spec.selector!), labels)) keys.push(keyOf(service));
      }
    }
    return keys;
  };
}

/** Finds the pods that a Service selects. */
export function podsSelectedBy(pods: Informer<Pod>): (service: Service) => readonly Pod[] {
  const labelled = indexLabels(pods);
  return (service) => {
    const selector = selectorFromLabels(service.spec.selector!);
    return labelled(service.metadata.namespace!, firstTerm(service)!).filter((pod) => matches(selector, pod.metadata.labels));
  };
}
