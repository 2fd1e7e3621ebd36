import { expect, test } from 'vitest';
import type { Found } from '../../../src/apiserver/index.ts';
import { listAnswer } from '../../../src/apiserver/http/view.ts';
import { ManualClock } from '../../../src/base/index.ts';
import { bootstrapSchemas, BUILT_IN_KINDS } from '../../../src/model/index.ts';

test('a table shows flow schemas in the order in which requests are matched, a list by their names', () => {
  const kind = BUILT_IN_KINDS.find((each) => each.kind === 'FlowSchema')!;
  const byName = bootstrapSchemas().toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const items = byName.map((value): Found => ({ revision: 1, text: JSON.stringify(value), value: value as never }));
  const read = (as: 'table' | 'object') => {
    const view = { as, format: 'json', includeObject: 'None', version: 'v1', pretty: false, clock: new ManualClock() } as const;
    const { body } = listAnswer(view, { kind }, { revision: 1, items });
    return JSON.parse(body.kind === 'pieces' ? [...body.pieces].join('') : '');
  };
  const rows = read('table').rows.map(({ cells }: { cells: unknown[] }) => cells[0]);
  expect(rows.slice(0, 3)).toEqual(['exempt', 'probes', 'system-leader-election']);
  expect(rows.slice(7, 9)).toEqual(['kube-controller-manager', 'kube-scheduler']);
  expect(read('object').items[0].metadata.name).toBe('catch-all');
});
