import type { Clock } from '../../base/index.ts';
import { formatAge, parseTime, type Cell, type Column, type CustomResourceColumn, type Manifest } from '../../model/index.ts';
import { readJsonPath } from './jsonpath.ts';

const NAME: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 };

/** What kubectl shows of a custom resource whose definition names no columns. */
const AGE: CustomResourceColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

interface Table {
  readonly columns: readonly Column[];
  row(object: Manifest, clock: Clock): readonly Cell[];
}

export function tableOf(defined: readonly CustomResourceColumn[] = []): Table {
  const columns = defined.length > 0 ? defined : [AGE];
  const cells = columns.map(cellOf);
  return {
    columns: [NAME, ...columns.map(columnOf)],
    row: (object, clock) => [object.metadata.name, ...cells.map((cell) => cell(object, clock))],
  };
}

function columnOf({ name, type, format = '', description, priority = 0, jsonPath }: CustomResourceColumn): Column {
  return {
    name,
    type,
    format,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
  };
}

/** A cell shows the first value that the path leads to, and nothing where that is not of the column's type. */
function cellOf({ type, jsonPath }: CustomResourceColumn): (object: Manifest, clock: Clock) => Cell {
  const read = readJsonPath(jsonPath);
  return (object, clock) => {
    const value = read?.(object)[0];
    if (value === undefined || value === null) return null;
    switch (type) {
      case 'string':
        return typeof value === 'string' ? value : JSON.stringify(value);
      case 'integer':
        return typeof value === 'number' ? Math.trunc(value) : null;
      case 'number':
        return typeof value === 'number' ? value : null;
      case 'boolean':
        return typeof value === 'boolean' ? value : null;
      case 'date':
        return typeof value === 'string' ? ageOf(value, clock) : null;
    }
  };
}

function ageOf(time: string, clock: Clock): string {
  const at = parseTime(time);
  return at === undefined ? '<invalid>' : formatAge(clock.now() - at);
}
