/** What everything stands on, and what stands on nothing of ours: time, chance, errors, lifetimes, queues, logs, YAML. */
export * from './buffers.ts';
export * from './clock.ts';
export * from './doubling.ts';
export * from './errors.ts';
export * from './http.ts';
export * from './json.ts';
export * from './log.ts';
export * from './metrics.ts';
export * from './memory.ts';
export * from './once.ts';
export * from './queue.ts';
export * from './random.ts';
export * from './scope.ts';
export * from './turn.ts';
export * from './yaml.ts';
