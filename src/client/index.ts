/** The one port through which objects are read, watched and written, its HTTP side, and the informer cache. */
export * from './client.ts';
export * from './http/index.ts';
export * from './indexes.ts';
export * from './informer.ts';
