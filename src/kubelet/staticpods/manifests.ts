import { createHash } from 'node:crypto';
import { isRecord, parseYaml } from '../../base/index.ts';
import { MIRROR_ANNOTATION, type Pod } from '../../model/index.ts';

const SOURCE = 'kubernetes.io/config.source';
const HASH = 'kubernetes.io/config.hash';

export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

export type ReadManifest =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly file: string; readonly problem: string };

/** The pod that stands for a file: the file's, on this node, with the node's name behind its own. */
export function readManifest({ name: file, text }: ManifestFile, nodeName: string): ReadManifest {
  const refuse = (problem: string): ReadManifest => ({ ok: false, file, problem });
  const documents = parseYaml(text).filter(({ value, problems }) => value !== undefined || problems.length > 0);
  const [problem] = documents.flatMap(({ problems }) => problems);
  if (problem) return refuse(`line ${problem.line}: ${problem.message}`);
  const [document] = documents;
  if (!document || documents.length > 1) return refuse('a file of a static pod holds one Pod and nothing else');
  const manifest = document.value;
  if (!isRecord(manifest) || manifest['kind'] !== 'Pod' || manifest['apiVersion'] !== 'v1' || !isRecord(manifest['metadata']) || !isRecord(manifest['spec']))
    return refuse('it is no v1 Pod');
  const { metadata, spec } = manifest as unknown as Pod;
  const hash = createHash('md5').update(text).update(file).update(nodeName).digest('hex');
  const annotations = { ...metadata.annotations, [HASH]: hash, [SOURCE]: 'file', [MIRROR_ANNOTATION]: hash };
  const { labels, namespace = 'default', name } = metadata;
  // Nothing but its file ends it.
  const tolerations = [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' } as const];
  return {
    ok: true,
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-${nodeName}`, namespace, annotations, ...(labels ? { labels } : {}) },
      spec: { ...spec, nodeName, tolerations },
    },
  };
} // prettier-ignore

export type MirrorStep =
  | { readonly do: 'create'; readonly pod: Pod }
  /** What took its place comes when it is gone. */
  | { readonly do: 'delete'; readonly pod: Pod };

/** What to do so that exactly the wanted ones are there, as their files say. `present` are those of this node that stand for a file. */
export function decideMirrors(wanted: readonly Pod[], present: readonly Pod[]): readonly MirrorStep[] {
  const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`;
  const hashOf = ({ metadata }: Pod) => metadata.annotations?.[MIRROR_ANNOTATION];
  const byKey = new Map(present.map((pod) => [keyOf(pod), pod]));
  const kept = new Map(wanted.map((pod) => [keyOf(pod), hashOf(pod)]));
  return [
    ...present
      .filter((pod) => !pod.metadata.deletionTimestamp && kept.get(keyOf(pod)) !== hashOf(pod))
      .map((pod) => ({ do: 'delete', pod }) as const),
    ...wanted.filter((pod) => !byKey.has(keyOf(pod))).map((pod) => ({ do: 'create', pod }) as const),
  ];
}
