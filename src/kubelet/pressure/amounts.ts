import { canonicalQuantity } from '../../model/index.ts';

/** An amount of bytes as quantities of memory are written. */
export function formatBinary(bytes: number): string {
  return canonicalQuantity(`${Math.floor(bytes / 1024)}Ki`) ?? '0';
}
