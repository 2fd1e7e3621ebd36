import { dns1123Subdomain } from '../../meta/index.ts';
import { forbidden, required, type FieldProblem } from '../../schema/problems.ts';
import { VOLUME_ATTACHMENTS, type VolumeAttachment } from '../../types/index.ts';
import { AGE, ageOf, booleanColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { OPEN_METADATA } from '../kind.ts';
import { neededDriverProblems } from '../rules/drivers.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';

export const VOLUME_ATTACHMENT = declareKind<VolumeAttachment>({
  ref: VOLUME_ATTACHMENTS,
  schema: { definition: 'storage.v1.VolumeAttachment' },
  name: dns1123Subdomain,
  needsRevision: true,
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
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
    ...neededDriverProblems(attacher, [...path, 'attacher']),
    ...(volume ? subdomainProblems(volume, [...path, 'source', 'persistentVolumeName']) : []),
    ...(!volume && !inline ? [required([...path, 'source'], 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...(volume && inline ? [forbidden([...path, 'source'], 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...subdomainProblems(nodeName ?? '', [...path, 'nodeName']),
  ];
} // prettier-ignore
