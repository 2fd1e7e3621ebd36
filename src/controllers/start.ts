import { UserError } from '../base/index.ts';
import { accountTokenController } from './accounttoken/index.ts';
import { autoscalerController } from './autoscaling/index.ts';
import { approvingController, cleaningController, signingController, type SignCertificate } from './certificates/index.ts';
import { clusterRoleController } from './clusterrole/index.ts';
import { cronJobController } from './cronjob/index.ts';
import { daemonSetController } from './daemonset/index.ts';
import { deploymentController } from './deployment/index.ts';
import { disruptionController } from './disruption/index.ts';
import { endpointsController } from './endpoints/index.ts';
import { endpointSliceController } from './endpointslice/index.ts';
import { endpointSliceMirroringController } from './endpointslicemirroring/index.ts';
import { ephemeralVolumeController } from './ephemeralvolume/index.ts';
import { expandController } from './expand/index.ts';
import { garbageCollector } from './garbage/index.ts';
import { ipAddressController } from './ipaddress/index.ts';
import { jobController } from './job/index.ts';
import { loadBalancerController } from './loadbalancer/index.ts';
import { runController, type Controller, type LoopOptions, type ServedKinds } from './loop.ts';
import { namespaceController } from './namespace/index.ts';
import { nodeLifecycleController } from './nodelifecycle/index.ts';
import { podGarbageCollector } from './podgc/index.ts';
import { claimProtection, volumeProtection } from './protection/index.ts';
import { quotaController } from './quota/index.ts';
import { replicaSetController, replicationController } from './replicaset/index.ts';
import { rootCaController } from './rootca/index.ts';
import { serviceAccountController } from './serviceaccount/index.ts';
import { statefulSetController } from './statefulset/index.ts';
import { taintEvictionController } from './tainteviction/index.ts';
import { ttlController } from './ttl/index.ts';
import { volumeController, type LocalVolumes } from './volumes/index.ts';

export interface ControllersOptions extends LoopOptions {
  /** Every kind that is served: what the garbage collector follows and what a namespace is emptied of. */
  readonly kinds: ServedKinds;
  /** A PEM certificate that every namespace is given. */
  readonly rootCa?: Promise<string>;
  /** Signs with the authority by which clients are known; without it nobody does. */
  readonly sign?: SignCertificate;
  /** Where the built-in storage class keeps its volumes; without it there is no such class. */
  readonly localVolumes?: LocalVolumes;
  /** Where all balanced Services are reached; without it at a node's address. */
  readonly balancerAddress?: string;
  /** Names of controllers; all of them when it is left out. */
  readonly only?: readonly string[];
}

function allControllers({ kinds, rootCa, sign, localVolumes, balancerAddress }: ControllersOptions): readonly Controller[] {
  return [
    deploymentController,
    replicaSetController,
    replicationController,
    endpointSliceController,
    endpointSliceMirroringController,
    endpointsController,
    garbageCollector(kinds),
    namespaceController(kinds),
    serviceAccountController,
    clusterRoleController,
    ...(rootCa ? [rootCaController(rootCa), accountTokenController(rootCa)] : []),
    approvingController,
    ...(sign ? [signingController(sign)] : []),
    cleaningController,
    daemonSetController,
    statefulSetController,
    jobController,
    cronJobController,
    ttlController,
    ...(localVolumes ? [volumeController(localVolumes)] : []),
    ephemeralVolumeController,
    expandController,
    claimProtection,
    volumeProtection,
    disruptionController,
    nodeLifecycleController,
    taintEvictionController,
    podGarbageCollector,
    quotaController(kinds),
    loadBalancerController(balancerAddress),
    ipAddressController,
    autoscalerController,
  ];
}

/** Starts the controllers; they run until the scope closes. */
export function startControllers(options: ControllersOptions): void {
  for (const controller of chosenControllers(options)) runController(controller, options);
}

/** Those that would be started. */
export function chosenControllers(options: ControllersOptions): readonly Controller[] {
  const all = allControllers(options);
  const { only } = options;
  if (!only) return all;
  const unknown = only.filter((name) => !all.some((controller) => controller.name === name));
  if (unknown.length > 0)
    throw new UserError(`there is no controller ${unknown.join(', ')}: choose among ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => only.includes(name));
}
