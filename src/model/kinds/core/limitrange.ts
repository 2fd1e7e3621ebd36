import { dns1123Subdomain } from '../../meta/index.ts';
import { LIMIT_RANGES, type LimitRange, type LimitRangeItem } from '../../types/index.ts';
import { CREATED_AT, createdCell, NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { validateLimits } from './limitrange-rules.ts';

export const LIMIT_RANGE = declareKind<LimitRange>({
  ref: LIMIT_RANGES,
  schema: { definition: 'core.v1.LimitRange' },
  name: dns1123Subdomain,
  createdByUpdate: true,
  shortNames: ['limits'],
  defaults: (range) => (range.spec?.limits ? { ...range, spec: { ...range.spec, limits: range.spec.limits.map(defaultItem) } } : range),
  validate: ({ spec }) => validateLimits(spec?.limits ?? []),
  columns: [NAME, CREATED_AT],
  row: (range) => [range.metadata.name, createdCell(range)],
});

/** The most is also the default, and the default is also what is asked for; what must be asked for at least is, for the rest. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  return {
    ...item,
    ...(Object.keys(limits).length > 0 ? { default: limits } : {}),
    ...(Object.keys(requests).length > 0 ? { defaultRequest: requests } : {}),
  };
}
