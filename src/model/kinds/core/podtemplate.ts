import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain } from '../../meta/index.ts';
import { POD_TEMPLATES, type PodTemplate } from '../../types/index.ts';
import { containerCells, labelsCell, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { validateTemplate } from '../rules/podspec.ts';

export const POD_TEMPLATE = declareKind<PodTemplate>({
  ref: POD_TEMPLATES,
  schema: { definition: 'core.v1.PodTemplate' },
  name: dns1123Subdomain,
  defaults: (holder) => ({ ...holder, template: defaultTemplate(holder.template) }),
  validate: ({ template }) => validateTemplate(template, ['template']),
  raisesGeneration: ({ template }, old) => !equalJson(template, old.template),
  columns: [NAME, ...['Containers', 'Images', 'Pod Labels'].map(textColumn)],
  row: ({ metadata, template }) => [
    metadata.name,
    ...containerCells(template.spec.containers ?? []),
    labelsCell(template.metadata?.labels),
  ],
});
