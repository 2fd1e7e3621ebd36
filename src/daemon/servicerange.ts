import { equalJson, isStatus, type Clock } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatTime, SERVICE_CIDRS, type ServiceCidr } from '../model/index.ts';

const NAME = 'kubernetes';
const READY = 'Kubernetes default Service CIDR is ready';

/** Keeps the ServiceCIDR `kubernetes`, which says out of which range Services are given their addresses. */
export async function keepServiceRange(client: Client, range: string, clock: Clock): Promise<void> {
  const wanted: ServiceCidr = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: NAME },
    spec: { cidrs: [range] },
  };
  const found = await client.get(SERVICE_CIDRS, NAME).catch((error: unknown) => {
    if (!isStatus(error, 'NotFound')) throw error;
  });
  const isSame = found && equalJson(found.spec, wanted.spec);
  // A range cannot be changed: another runtime's gives way to this one's.
  if (found && !isSame) await client.delete({ kind: SERVICE_CIDRS, name: NAME });
  const live = isSame ? found : await client.create(SERVICE_CIDRS, wanted);
  if (live.status?.conditions?.some(({ type }) => type === 'Ready')) return;
  const ready = { type: 'Ready', status: 'True' as const, reason: '', message: READY, lastTransitionTime: formatTime(clock.now()) };
  await client.updateStatus(SERVICE_CIDRS, { ...live, status: { conditions: [ready] } });
}
