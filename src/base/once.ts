import { equalJson } from './json.ts';

/**
 * A pure function of an object that many share, such as the spec of a template: what came of it is kept as long as the
 * object is there. That works because objects are never changed in place.
 */
export function oncePerObject<O extends object, R>(make: (object: O) => R): (object: O) => R {
  const made = new WeakMap<O, { readonly result: R }>();
  return (object) => {
    let known = made.get(object);
    if (!known) made.set(object, (known = { result: make(object) }));
    return known.result;
  };
}

/** Gives the last value again in the place of one that is equal: what many have at the same time is one object. */
export function sharing<T>(): (value: T) => T {
  let last: T | undefined;
  return (value) => {
    if (last === undefined || !equalJson(last, value)) last = value;
    return last;
  };
}
