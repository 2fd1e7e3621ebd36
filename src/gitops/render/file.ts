import { isRecord, parseYaml, type YamlDocument } from '../../base/index.ts';
import { getPath, type FieldPath, type Manifest } from '../../model/index.ts';
import type { ContentProblem, ProblemCode } from '../problem.ts';
import { isSecret } from '../veil.ts';

/** Makes an object something that is run, and not kept. */
export const HOOK = 'argocd.argoproj.io/hook';

/** An object as a file has it, with its place there. */
export interface FileObject {
  readonly object: Manifest;
  readonly line: number;
  /** Which document of the file, and which item of its List, if it is one. */
  readonly document: number;
  readonly item: FieldPath;
}

export interface RenderedFile {
  readonly objects: readonly FileObject[];
  readonly problems: readonly ContentProblem[];
}

/** Reads all objects of a file, and finds all that is wrong with it. */
export function renderFile(text: string): RenderedFile {
  const objects: FileObject[] = [];
  const problems: ContentProblem[] = [];
  for (const [index, document] of parseYaml(text).entries()) {
    for (const { line, column, message } of document.problems) problems.push({ line, column, code: 'NotYaml', message });
    if (document.problems.length > 0 || document.value === undefined) continue;
    for (const { value, path } of itemsOf(document.value)) {
      const found = judge(value, path, document);
      if (found.length > 0) problems.push(...found);
      else objects.push({ object: value as Manifest, line: lineOf(document, path), document: index, item: path });
    }
  }
  return { objects, problems };
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The places of fields, or of their nearest parents that the file has. */
export function locate(
  text: string,
  { document, item }: Pick<FileObject, 'document' | 'item'>,
  fields: readonly FieldPath[],
): readonly Place[] {
  const found = parseYaml(text)[document];
  return fields.map((field) => found?.position([...item, ...asWritten(field, found.value, item)]) ?? { line: 1, column: 1 });
}

/** What a Secret has in `data` may be written as `stringData`, which wins where both say it. */
function asWritten(field: FieldPath, value: unknown, item: FieldPath): FieldPath {
  const [member, key, ...rest] = field;
  const object = getPath(value, item);
  if (member !== 'data' || key === undefined || !isRecord(object) || !isSecret(object as unknown as Manifest)) return field;
  const { stringData } = object;
  return isRecord(stringData) && Object.hasOwn(stringData, key) ? ['stringData', key, ...rest] : field;
}

function lineOf(document: YamlDocument, path: FieldPath): number {
  return path.length === 0 ? document.line : document.position(path).line;
}

interface Item {
  readonly value: unknown;
  readonly path: FieldPath;
}

/** A List gives its items; those of a typed one (`ConfigMapList`) may leave out what its name says. */
function itemsOf(value: unknown): readonly Item[] {
  if (!isRecord(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List') || !Array.isArray(value['items'])) {
    return [{ value, path: [] }];
  }
  const { apiVersion, kind, items } = value as { apiVersion: unknown; kind: string; items: readonly unknown[] };
  const typed = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.map((item, i) => ({ value: isRecord(item) ? { ...typed, ...item } : item, path: ['items', i] }));
}

function judge(value: unknown, path: FieldPath, document: YamlDocument): readonly ContentProblem[] {
  const problems: ContentProblem[] = [];
  const wrong = (code: ProblemCode, field: FieldPath, message: string) =>
    problems.push({ ...document.position([...path, ...field]), code, message });

  if (!isRecord(value)) {
    wrong('NotAnObject', [], `a Kubernetes object is expected here, not ${nounOf(value)}`);
    return problems;
  }
  const tool = toolFileOf(value);
  if (tool !== undefined) {
    wrong(tool.code, [], tool.message);
    return problems;
  }
  for (const field of ['apiVersion', 'kind']) {
    if (value[field] === undefined || value[field] === null || value[field] === '') wrong('FieldMissing', [], `${field} is missing`);
    else if (typeof value[field] !== 'string') wrong('FieldInvalid', [field], `${field} must be text, not ${nounOf(value[field])}`);
  }
  const metadata = value['metadata'];
  if (metadata !== undefined && !isRecord(metadata)) wrong('FieldInvalid', ['metadata'], `metadata must be a map, not ${nounOf(metadata)}`);
  else judgeMetadata(metadata ?? {}, wrong);
  return problems;
}

/** What a Kustomization is known by where it says no kind, which kustomize does not ask for. */
const OF_KUSTOMIZE = ['resources', 'bases', 'components', 'patches', 'configMapGenerator', 'secretGenerator', 'helmCharts'];

/** Files that tell another program how to make manifests. */
function toolFileOf(value: Readonly<Record<string, unknown>>): { readonly code: ProblemCode; readonly message: string } | undefined {
  const { apiVersion, kind, name, version } = value;
  const isOfKustomize =
    apiVersion === undefined ? kind === undefined && OF_KUSTOMIZE.some((member) => Array.isArray(value[member])) : isKustomize(apiVersion);
  if (isOfKustomize) {
    const what = typeof kind === 'string' ? kind : 'Kustomization';
    const instead = 'commit what "kubectl kustomize" prints, and leave this out with .slipwayignore';
    return { code: 'NotAnObject', message: `a ${what} of kustomize is not built here: ${instead}` };
  }
  if (kind !== undefined || typeof name !== 'string' || typeof version !== 'string' || (apiVersion !== 'v1' && apiVersion !== 'v2')) return;
  const instead = 'commit what "helm template" prints, and leave its folder out with .slipwayignore';
  return { code: 'HelmChart', message: `a Helm chart is not rendered here: ${instead}` };
}

function isKustomize(apiVersion: unknown): boolean {
  return typeof apiVersion === 'string' && apiVersion.startsWith('kustomize.config.k8s.io/');
}

function judgeMetadata(
  metadata: Readonly<Record<string, unknown>>,
  wrong: (code: ProblemCode, field: FieldPath, message: string) => void,
): void {
  const { name, generateName, namespace, annotations } = metadata;
  // Each commit runs a hook anew; of anything else a generated name would leave one behind.
  const isNamedLater = typeof generateName === 'string' && isRecord(annotations) && typeof annotations[HOOK] === 'string';
  if (name === undefined || name === null || name === '') {
    const hint = generateName === undefined ? '' : ': a generated name would make a new object at every commit';
    if (!isNamedLater) wrong('FieldMissing', ['metadata'], `metadata.name is missing${hint}`);
  } else if (typeof name !== 'string')
    wrong('FieldInvalid', ['metadata', 'name'], `metadata.name must be text, not ${nounOf(name)}: put it in quotes`);
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    wrong('FieldInvalid', ['metadata', 'namespace'], `metadata.namespace must be text, not ${nounOf(namespace)}: put it in quotes`);
  }
  for (const map of ['labels', 'annotations']) {
    const entries = metadata[map];
    if (entries === undefined || entries === null) continue;
    if (!isRecord(entries)) {
      wrong('FieldInvalid', ['metadata', map], `metadata.${map} must be a map, not ${nounOf(entries)}`);
      continue;
    }
    for (const [key, entry] of Object.entries(entries)) {
      if (typeof entry !== 'string')
        wrong('FieldInvalid', ['metadata', map, key], `metadata.${map}[${key}] must be text, not ${nounOf(entry)}: put it in quotes`);
    }
  }
}

function nounOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
