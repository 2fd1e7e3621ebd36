/**
 * Ends pods that nobody else can end: whose node is gone or given up for good, or who leave without ever having had one.
 * Of those that have ended it keeps so many.
 */
export { podGarbageCollector } from './controller.ts';
