import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { parseTime, type Cell, type Column, type Manifest } from '../../src/model/index.ts';
import { kindOf, nameOf, readOracle } from './oracle.ts';

interface RecordedTable {
  readonly path: string;
  readonly columns: readonly Column[];
  readonly cells: readonly Cell[];
}

interface RecordedObject {
  readonly path: string;
  readonly output: Manifest;
}

const tables = readOracle<RecordedTable[]>('tables.json');
const objects = readOracle<RecordedObject[]>('defaults.json');
/** The day of the record. */
const CREATED = '2026-11-21T00:00:00Z';

/** A table's row was recorded right after its object; both are named by the object. */
function objectOf(table: RecordedTable): Manifest {
  const found = objects.find(({ path, output }) => path === table.path && table.cells.includes(output.metadata.name));
  return JSON.parse(JSON.stringify(found!.output).replaceAll('"<time>"', JSON.stringify(CREATED))) as Manifest;
}

describe('kubectl shows what a real API server shows', () => {
  const clock = new ManualClock(parseTime(CREATED));
  const known = tables.map((table) => [objectOf(table), table] as const).filter(([object]) => kindOf(object));

  test.each(known.map(([object, table]) => [nameOf(object), object, table] as const))('%s', (_, object, table) => {
    const kind = kindOf(object)!;
    expect(kind.columns).toEqual(table.columns);
    expect(kind.row(object, clock)).toEqual(table.cells.map((cell) => (cell === '<time>' ? CREATED : cell)));
  });
});
