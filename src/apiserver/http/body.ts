import { StatusError, isRecord, parseYaml } from '../../base/index.ts';
import { apiVersionOf, jsonTypeOf, type Kind, type Manifest } from '../../model/index.ts';
import type { PatchBody, Place } from '../api.ts';
import { jsonInYaml, parseJson } from './json.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf/index.ts';

/** From the bytes of a request to a value, by content type. Another encoding is another entry here. */
const CODECS: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  'application/json': parseJson,
  'application/yaml': parseYamlBody,
  [PROTOBUF]: decodeProtobuf,
};

export function decodeBody(contentType: string | undefined, bytes: Buffer): unknown {
  const codec = CODECS[mediaType(contentType)];
  if (codec) return codec(bytes);
  throw unknownFormat(Object.keys(CODECS));
}

/** The object that a create or an update sends. Kind and apiVersion may be left out where the path says them. */
export function decodeObject({ kind, subresource }: Place, contentType: string | undefined, bytes: Buffer): Manifest {
  const isVersion = !subresource || subresource === 'status';
  // Only built-in kinds have a protobuf form.
  if (isVersion && 'custom' in kind.schema && mediaType(contentType) === PROTOBUF) {
    throw unknownFormat(Object.keys(CODECS).filter((type) => type !== PROTOBUF));
  }
  const value = decodeBody(contentType, bytes);
  if (!isRecord(value)) throw unrecognized(kind, 'it is not an object');
  const { metadata } = value;
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) throw unrecognized(kind, 'its metadata is not an object');
  const type = isVersion ? { kind: kind.kind, apiVersion: apiVersionOf(kind) } : {};
  return { ...type, ...value, metadata: metadata ?? {} } as unknown as Manifest;
}

function unrecognized(kind: Kind, why: string): StatusError {
  return new StatusError('BadRequest', `the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
}

const PATCHES: Readonly<Record<string, (place: Place, bytes: Buffer) => PatchBody>> = {
  'application/json-patch+json': (_, bytes) => ({ type: 'json', operations: operationsOf(parseJson(bytes)) }),
  'application/merge-patch+json': (_, bytes) => ({ type: 'merge', patch: patchOf(parseJson(bytes)) }),
  'application/apply-patch+yaml': (place, bytes) => ({ type: 'apply', object: decodeObject(place, 'application/yaml', bytes) }),
  'application/strategic-merge-patch+json': (_, bytes) => ({ type: 'strategic', patch: patchOf(parseJson(bytes)) }),
};

export function decodePatch(place: Place, contentType: string | undefined, bytes: Buffer): PatchBody {
  const decode = PATCHES[mediaType(contentType)];
  if (!decode) throw unknownFormat(Object.keys(PATCHES));
  return decode(place, bytes);
}

function patchOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new StatusError('BadRequest', 'error decoding patch: it must be an object');
}

type Operations = Extract<PatchBody, { type: 'json' }>['operations'];

function operationsOf(value: unknown): Operations {
  if (value === null) return [];
  const odd = Array.isArray(value) ? value.find((item) => item !== null && !isRecord(item)) : value;
  if (Array.isArray(value) && odd === undefined) return value as Operations;
  const into = Array.isArray(value) ? 'jsonpatch.Operation' : 'jsonpatch.Patch';
  throw new StatusError('BadRequest', `json: cannot unmarshal ${jsonTypeOf(odd)} into Go value of type ${into}`);
}

/** `application/json; charset=utf-8` is `application/json`; a body without a type is JSON. */
export function mediaType(contentType: string | undefined): string {
  if (!contentType) return 'application/json';
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}

function unknownFormat(accepted: readonly string[]): StatusError {
  const types = accepted.join(', ');
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types}`,
  );
}

function parseYamlBody(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  const json = jsonInYaml(text);
  if (json !== undefined) return json;
  const documents = parseYaml(text, { keysMayRepeat: true }).filter(({ value, problems }) => value !== undefined || problems.length > 0);
  const problem = documents.flatMap(({ problems }) => problems)[0];
  if (problem) throw new StatusError('BadRequest', `error parsing YAML: line ${problem.line}: ${problem.message}`);
  if (documents.length > 1) throw new StatusError('BadRequest', 'error parsing YAML: a request holds one document');
  return documents[0]?.value;
}
