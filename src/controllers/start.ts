import { UserError } from '../base/index.ts';
import { deploymentController } from './deployment/index.ts';
import { endpointSliceController } from './endpointslice/index.ts';
import { garbageCollector } from './garbage/index.ts';
import { runController, type Controller, type LoopOptions, type ServedKinds } from './loop.ts';
import { namespaceController } from './namespace/index.ts';
import { replicaSetController } from './replicaset/index.ts';
import { serviceAccountController } from './serviceaccount/index.ts';

export interface ControllersOptions extends LoopOptions {
  /** Every kind that is served: what the garbage collector follows and what a namespace is emptied of. */
  readonly kinds: ServedKinds;
  /** Names of controllers; all of them when it is left out. */
  readonly only?: readonly string[];
}

function allControllers(kinds: ServedKinds): readonly Controller[] {
  return [
    deploymentController,
    replicaSetController,
    endpointSliceController,
    garbageCollector(kinds),
    namespaceController(kinds),
    serviceAccountController,
  ];
}

/** Starts the controllers; they run until the scope closes. */
export function startControllers(options: ControllersOptions): void {
  const all = allControllers(options.kinds);
  const unknown = options.only?.filter((name) => !all.some((controller) => controller.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new UserError(
      `there is no controller ${unknown.join(', ')}: choose among ${all.map((controller) => controller.name).join(', ')}`,
    );
  }
  for (const controller of all) {
    if (options.only?.includes(controller.name) ?? true) runController(controller, options);
  }
}
