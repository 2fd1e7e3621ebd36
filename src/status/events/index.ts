/** Events as Kubernetes' parts write them: told without waiting, counted when they repeat, held back when there are too many. */
export * from './recorder.ts';
