import { DEPLOYMENT } from './apps/deployment.ts';
import { REPLICA_SET } from './apps/replicaset.ts';
import { LEASE } from './coordination/lease.ts';
import { CONFIG_MAP } from './core/configmap.ts';
import { ENDPOINTS_KIND } from './core/endpoints.ts';
import { EVENT } from './core/event.ts';
import { NAMESPACE } from './core/namespace.ts';
import { NODE } from './core/node.ts';
import { POD } from './core/pod.ts';
import { SECRET } from './core/secret.ts';
import { SERVICE } from './core/service.ts';
import { SERVICE_ACCOUNT } from './core/serviceaccount.ts';
import { ENDPOINT_SLICE } from './discovery/endpointslice.ts';
import type { Kind } from './kind.ts';
import { APPLICATION } from './slipway/application.ts';
import { PLAN } from './slipway/plan.ts';

/** Every kind that is there from the start, in the order in which discovery lists them. */
export const BUILT_IN_KINDS: readonly Kind[] = [
  CONFIG_MAP,
  ENDPOINTS_KIND,
  EVENT,
  NAMESPACE,
  NODE,
  POD,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  DEPLOYMENT,
  REPLICA_SET,
  ENDPOINT_SLICE,
  LEASE,
  APPLICATION,
  PLAN,
];
