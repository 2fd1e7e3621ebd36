import { SYSTEM_NAMESPACE, type KindRef, type Manifest, type ObjectMeta } from '../../model/index.ts';
import { isRecord } from '../../base/index.ts';
import { isSecret } from '../veil.ts';
import { isApplication } from './declared.ts';

/** Names the application that an object belongs to. A label of the object alone: no selector and no pod template sees it. */
export const APPLICATION_LABEL = 'slipway.dev/application';

/** What only the cluster decides: a manifest that was exported from one brings it along. */
const CLUSTER_OWNED = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

export interface Destination {
  readonly application: string;
  /** Of namespaced objects that name none. */
  readonly namespace: string;
  /** The commit, short: it completes generated names. */
  readonly revision: string;
}

/** As long as a label's value may be: the pods of a Job carry its name. */
const LONGEST_NAME = 63;

/** A hook with a generated name is another object at each commit, and the same one whenever that commit is looked at again. */
export function nameOf({ name, generateName = '' }: ObjectMeta, revision: string): string {
  return name || `${generateName.slice(0, LONGEST_NAME - revision.length)}${revision}`;
}

/** The manifest as it is applied: without the cluster's own fields, with a namespace where there is one, and marked as ours. */
export function prepare(manifest: Manifest, kind: KindRef, { application, namespace, revision }: Destination): Manifest {
  const { status: _status, metadata, ...content } = isSecret(manifest) ? withPlainData(manifest) : manifest;
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => !CLUSTER_OWNED.has(name) && name !== 'namespace' && value !== null),
  );
  return {
    ...content,
    metadata: {
      ...(kept as unknown as ObjectMeta),
      name: nameOf(metadata, revision),
      ...(kind.namespaced ? { namespace: metadata.namespace || (isApplication(manifest) ? SYSTEM_NAMESPACE : namespace) } : {}),
      labels: { ...metadata.labels, [APPLICATION_LABEL]: application },
    },
  } as Manifest;
}

/** The server keeps no `stringData`, so nobody owns it: as `data` its values are ours, and a change of them is seen. */
function withPlainData(secret: Manifest): Manifest {
  const { stringData, data = {}, ...rest } = secret;
  const isText = isRecord(stringData) && Object.values(stringData).every((value) => typeof value === 'string');
  if (!isText || !isRecord(data)) return secret;
  const encoded = Object.entries(stringData).map(([name, value]) => [name, Buffer.from(value as string).toString('base64')]);
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } } as unknown as Manifest;
}
