/** A step into an object: a field's name or an item's place. */
export type FieldStep = string | number;
export type FieldPath = readonly FieldStep[];

/** A step to a member of a map, which Kubernetes' field errors write in brackets: `limits[cpu]`. Only for paths that are printed. */
export const mapKey = (key: string): FieldStep => `[${key}]`;

/** `spec.template.spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`, `spec.a.{b, c}` for several fields at once. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'string' && /^\[.*\]$/.test(step)) text += step;
    else if (typeof step === 'number' || (!step.startsWith('{') && /[^A-Za-z0-9_$-]/.test(step))) text += `[${step}]`;
    else text += text ? `.${step}` : step;
  }
  return text;
}

export function getPath(value: unknown, path: FieldPath): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<FieldStep, unknown>)[step];
  }
  return at;
}

/** A copy with the value at the path set, or left out when it is undefined; everything beside the path is shared. */
export function withPath<T>(value: T, path: FieldPath, member: unknown): T {
  const [step, ...rest] = path;
  if (step === undefined) return member as T;
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => (i === step ? withPath(item, rest, member) : item)) as T;
  }
  const record = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const inner = rest.length === 0 ? member : withPath(record[step], rest, member);
  if (inner !== undefined) return { ...record, [step]: inner } as T;
  const { [step]: _, ...others } = record;
  return others as T;
}
