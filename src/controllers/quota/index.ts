/** Says in each ResourceQuota how much of it is used. Whether something still fits is decided where it is written. */
export { quotaController } from './controller.ts';
export { decideQuota } from './decide.ts';
