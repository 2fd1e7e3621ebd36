const SAFE = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** A name that is used as a part of a path. */
export function part(name: string): string {
  if (!SAFE.test(name)) throw new Error(`${JSON.stringify(name)} cannot be the name of a directory`);
  return name;
}
