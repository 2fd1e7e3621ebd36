/** Deletes what has lost its owners, and lets owners go in the order that their deletion asked for. */
export { garbageCollector } from './controller.ts';
export { decideFate, type Fate, type Owner } from './fate.ts';
