import { equalJson } from '../../base/index.ts';
import { type Manifest, type Pod, RUNTIME_CLASSES, type RuntimeClass, type Toleration } from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import { newPod, withSpec, type AdmissionStep } from './step.ts';

/** A runtime class adds what its runtime itself takes, and where it is. */
export const runtimeClass: AdmissionStep = {
  name: 'RuntimeClass',
  of: ['pods'],
  mutate: (request, around) => {
    const pod = newPod(request);
    if (!pod) return request.object;
    const { runtimeClassName, overhead } = pod.spec;
    const refuse = (why: string) => forbidden(request.kind, pod.metadata.name, why);
    if (!runtimeClassName) {
      if (overhead) throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      return request.object;
    }
    const found = around.find(RUNTIME_CLASSES, runtimeClassName);
    if (!found) throw refuse(`pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
    const podFixed = found.overhead?.podFixed;
    if (overhead && !equalJson(overhead, podFixed))
      throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    const clash = nodeSelectorClash(pod, found);
    if (clash) throw refuse(clash);
    return scheduled(podFixed ? withSpec(request.object, { overhead: podFixed }) : request.object, pod, found);
  },
};

function nodeSelectorClash({ spec }: Pod, { scheduling }: RuntimeClass): string | undefined {
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own === undefined || own === value) continue;
    return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
  }
  return undefined;
}

function scheduled(object: Manifest, { spec }: Pod, { scheduling }: RuntimeClass): Manifest {
  const { nodeSelector, tolerations = [] } = scheduling ?? {};
  const own = spec.tolerations ?? [];
  const added = tolerations.filter((toleration: Toleration) => !own.some((known) => equalJson(known, toleration)));
  return withSpec(object, {
    ...(nodeSelector ? { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } } : {}),
    ...(added.length > 0 ? { tolerations: [...own, ...added] } : {}),
  });
}
