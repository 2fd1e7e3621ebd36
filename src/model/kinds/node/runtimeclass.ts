import { dns1123Label, dns1123Subdomain } from '../../meta/index.ts';
import { RUNTIME_CLASSES, type RuntimeClass } from '../../types/index.ts';
import { invalid } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { immutable, validateLabels } from '../rules/metadata.ts';
import { validateToleration } from '../rules/podspec.ts';
import { validateResourceList } from '../rules/resources.ts';

export const RUNTIME_CLASS = declareKind<RuntimeClass>({
  ref: RUNTIME_CLASSES,
  schema: { definition: 'node.v1.RuntimeClass' },
  name: dns1123Subdomain,
  needsRevision: true,
  createdByUpdate: true,
  defaults: (kind) => ({ ...kind, handler: kind.handler ?? '' }),
  validate: ({ handler, overhead, scheduling }, old) => [
    ...dns1123Label(handler).map((why) => invalid(['handler'], handler, why)),
    ...validateResourceList(overhead?.podFixed, ['overhead', 'podFixed']),
    ...validateLabels(scheduling?.nodeSelector, ['scheduling', 'nodeSelector']),
    ...(scheduling?.tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, ['scheduling', 'tolerations', i])),
    ...(old ? immutable(handler, old.handler, ['handler']) : []),
  ],
  columns: [NAME, textColumn('Handler'), AGE],
  row: (kind, clock) => [kind.metadata.name, kind.handler, ageOf(kind, clock)],
});
