import { isWhole, parseQuantity, quantityOf, type Quantity as Amount } from '../../../model/index.ts';
import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { Opaque } from '../values.ts';
import { int } from './operators.ts';

export class Quantity extends Opaque {
  readonly type = 'kubernetes.Quantity';
  readonly amount: Amount;

  constructor(amount: Amount) {
    super();
    this.amount = amount;
  }

  equals(other: Quantity): boolean {
    return this.amount.nanos === other.amount.nanos;
  }
}

const NANO = 1_000_000_000n;

function read(text: string): Quantity {
  const amount = parseQuantity(text);
  if (!amount) throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return new Quantity(amount);
}

const order = (a: Quantity, b: Quantity) => (a.amount.nanos < b.amount.nanos ? -1n : a.amount.nanos > b.amount.nanos ? 1n : 0n);
const fitsInteger = ({ amount }: Quantity) => isWhole(amount) && BigInt.asIntN(64, amount.nanos / NANO) === amount.nanos / NANO;
const plus = (a: Quantity, nanos: bigint) => new Quantity({ ...a.amount, nanos: a.amount.nanos + nanos });
const nanosOf = (count: bigint) => quantityOf(1).nanos * count;

export const QUANTITIES: Library = {
  'quantity(string): kubernetes.Quantity': read,
  'isQuantity(string): bool': (text: string) => parseQuantity(text) !== undefined,
  '.sign(kubernetes.Quantity): int': ({ amount: { nanos } }: Quantity) => (nanos < 0n ? -1n : nanos > 0n ? 1n : 0n),
  '.isInteger(kubernetes.Quantity): bool': fitsInteger,
  '.asInteger(kubernetes.Quantity): int': (quantity: Quantity) => {
    if (!fitsInteger(quantity)) throw new CelError('cannot convert value to integer');
    return int(quantity.amount.nanos / NANO);
  },
  '.asApproximateFloat(kubernetes.Quantity): double': ({ amount: { nanos } }: Quantity) => Number(nanos) / 1e9,
  '.add(kubernetes.Quantity, kubernetes.Quantity): kubernetes.Quantity': (a: Quantity, b: Quantity) => plus(a, b.amount.nanos),
  '.add(kubernetes.Quantity, int): kubernetes.Quantity': (a: Quantity, b: bigint) => plus(a, nanosOf(b)),
  '.sub(kubernetes.Quantity, kubernetes.Quantity): kubernetes.Quantity': (a: Quantity, b: Quantity) => plus(a, -b.amount.nanos),
  '.sub(kubernetes.Quantity, int): kubernetes.Quantity': (a: Quantity, b: bigint) => plus(a, -nanosOf(b)),
  '.compareTo(kubernetes.Quantity, kubernetes.Quantity): int': order,
  '.isGreaterThan(kubernetes.Quantity, kubernetes.Quantity): bool': (a: Quantity, b: Quantity) => order(a, b) > 0n,
  '.isLessThan(kubernetes.Quantity, kubernetes.Quantity): bool': (a: Quantity, b: Quantity) => order(a, b) < 0n,
};
