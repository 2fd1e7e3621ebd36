import { dns1123Subdomain, qualifiedName, type KindRef, type KubeObject } from '../../meta/index.ts';
import { forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, booleanColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';

/** That a volume is to be attached to a node, and whether it is. */
interface VolumeAttachment extends KubeObject {
  readonly spec?: {
    readonly attacher?: string;
    readonly nodeName?: string;
    readonly source?: { readonly persistentVolumeName?: string; readonly inlineVolumeSpec?: object };
  };
  readonly status?: { readonly attached: boolean };
}

const REF: KindRef<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
};

export const VOLUME_ATTACHMENT = declareKind<VolumeAttachment>({
  ref: REF,
  schema: { definition: 'storage.v1.VolumeAttachment' },
  name: dns1123Subdomain,
  needsRevision: true,
  subresources: ['status'],
  defaults: (attachment) => ({ ...attachment, spec: attachment.spec ?? {} }),
  initialStatus: () => ({ attached: false }),
  validate: ({ spec = {} }, old) => [...validateSpec(spec), ...(old ? immutable(spec, old.spec, ['spec']) : [])],
  columns: [NAME, ...['Attacher', 'PV', 'Node'].map(textColumn), booleanColumn('Attached'), AGE],
  row: (attachment, clock) => {
    const { attacher = '', source, nodeName = '' } = attachment.spec ?? {};
    const told = [attacher, source?.persistentVolumeName ?? '', nodeName];
    return [attachment.metadata.name, ...told, attachment.status?.attached ?? false, ageOf(attachment, clock)];
  },
});

function validateSpec({ attacher, nodeName, source = {} }: NonNullable<VolumeAttachment['spec']>): FieldProblem[] {
  const path = ['spec'];
  const { persistentVolumeName: volume, inlineVolumeSpec: inline } = source;
  return [
    ...(attacher ? qualifiedName(attacher).map((why) => invalid([...path, 'attacher'], attacher, why)) : [required([...path, 'attacher'])]),
    ...(!volume && !inline ? [required([...path, 'source'], 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...(volume && inline ? [forbidden([...path, 'source'], 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...(nodeName ? dns1123Subdomain(nodeName).map((why) => invalid([...path, 'nodeName'], nodeName, why)) : [required([...path, 'nodeName'])]),
  ];
} // prettier-ignore
