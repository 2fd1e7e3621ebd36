import { equalJson } from '../../base/index.ts';
import type { Endpoints, Labels, Pod, Service } from '../../model/index.ts';
import { HEADLESS_LABEL, isHeadless, triggerTime } from '../endpointslice/slice.ts';
import { fitCapacity } from './capacity.ts';
import { subsetsOf } from './subsets.ts';

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

export const isOurs = ({ metadata }: Endpoints): boolean => metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;

/** The Service's endpoints as they should be; undefined when those that are there say so already. */
export function decideEndpoints(service: Service, pods: readonly Pod[], present: Endpoints | undefined): Endpoints | undefined {
  const { subsets, truncated } = fitCapacity(subsetsOf(service, pods));
  const labels = labelsOf(service);
  const { [OVER_CAPACITY]: over, ...others } = present?.metadata.annotations ?? {};
  const isSame =
    present !== undefined &&
    equalJson(present.subsets ?? [], subsets) &&
    equalJson(present.metadata.labels ?? {}, labels) &&
    (over === 'truncated') === truncated;
  if (isSame) return undefined;
  const { name, namespace } = service.metadata;
  const annotations: Labels = { ...others, ...triggerTime(service, pods), ...(truncated ? { [OVER_CAPACITY]: 'truncated' } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...present?.metadata, name, namespace, labels, annotations },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
}

function labelsOf(service: Service): Labels {
  const { [HEADLESS_LABEL]: _, ...own } = service.metadata.labels ?? {};
  return { ...own, [MANAGED_BY_LABEL]: MANAGER, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}) };
}
