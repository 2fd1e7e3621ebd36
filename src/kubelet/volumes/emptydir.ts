import { isRecord } from '../../base/index.ts';
import { wholeUnits, type Volume } from '../../model/index.ts';

export function isInMemory({ emptyDir }: Volume): boolean {
  return isRecord(emptyDir) && emptyDir['medium'] === 'Memory';
}

/** How far an empty directory may grow; undefined: as far as it likes. */
export function sizeLimitOf({ emptyDir }: Volume): string | undefined {
  const limit = isRecord(emptyDir) ? emptyDir['sizeLimit'] : undefined;
  return limit === undefined || wholeUnits(String(limit)) === 0 ? undefined : String(limit);
}
