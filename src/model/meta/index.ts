/** What every object has: keys, names, labels, owners, amounts, times, field paths. */
export * from './duration.ts';
export * from './fieldpath.ts';
export * from './intorstring.ts';
export * from './keys.ts';
export * from './labels.ts';
export * from './names.ts';
export * from './object.ts';
export * from './owners.ts';
export * from './quantity.ts';
export * from './selectortext.ts';
export * from './time.ts';
export * from './versions.ts';
