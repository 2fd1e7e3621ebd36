import { StatusError } from '../../base/index.ts';

/** One entry of an `Accept` header. */
export interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The shape in which a client wants objects. */
export interface Accepted {
  readonly format: 'json' | 'yaml';
  readonly as: 'object' | 'table' | 'partial' | 'partialList';
  /** Of tables and of partial objects: older clients ask for the first. */
  readonly version: MetaVersion;
}

export type MetaVersion = 'v1beta1' | 'v1';

const FORMATS: Readonly<Record<string, Accepted['format']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
};

const SHAPES: Readonly<Record<string, Accepted['as']>> = {
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partialList',
};

const META_VERSIONS: readonly MetaVersion[] = ['v1', 'v1beta1'];

const PLAIN: Accepted = { format: 'json', as: 'object', version: 'v1' };

/** Picks what the client likes best of what there is: not all that is answered can be shown in a table. */
export function negotiate(accept: string | undefined, hasTable = true): Accepted {
  if (!accept || accept === 'application/json' || accept === '*/*') return PLAIN;
  for (const { type, parameters } of parseAccept(accept)) {
    const format = FORMATS[type];
    if (!format) continue;
    const { as: shape, g: group, v } = parameters;
    if (shape === undefined) return { ...PLAIN, format };
    const as = SHAPES[shape];
    const version = META_VERSIONS.find((known) => known === v);
    if (as && group === 'meta.k8s.io' && version && (as !== 'table' || hasTable)) return { format, as, version };
  }
  throw notAcceptable('only the following media types are accepted: application/json, application/yaml');
}

export const notAcceptable = (why: string) => new StatusError('NotAcceptable', why);

/** In the client's order of preference: by q, then as written. */
export function parseAccept(accept: string): readonly Clause[] {
  const weighed = accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(rest.map((parameter) => splitOnce(parameter, '=')));
    return { type: type.toLowerCase(), parameters, weight: parameters['q'] === undefined ? 1 : Number(parameters['q']) };
  });
  return weighed.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
