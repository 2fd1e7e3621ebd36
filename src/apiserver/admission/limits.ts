import { type Amounts, formatQuantity, type LimitRangeItem, type Quantity, readAmounts } from '../../model/index.ts';

/** What something takes that a limit range bounds. */
export interface Taken {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** What one item of a limit range has against something, in Kubernetes' words. */
export function limitProblems(item: LimitRangeItem, taken: Taken): readonly string[] {
  const each = (bounds: LimitRangeItem['min'], judge: typeof tooLittle) =>
    [...readAmounts(bounds)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, bound]) => judge(bound, taken.requests.get(name), taken.limits.get(name), { name, type: item.type }) ?? []);
  // A claim has requests alone.
  const most = item.type === 'PersistentVolumeClaim' ? requestTooLarge : tooMuch;
  return [...each(item.min, tooLittle), ...each(item.max, most), ...each(item.maxLimitRequestRatio, tooFarApart)];
}

interface About {
  readonly name: string;
  readonly type: string;
}

type Given = Quantity | undefined;

function tooLittle(least: Quantity, request: Given, limit: Given, { name, type }: About): string | undefined {
  const bound = `minimum ${name} usage per ${type} is ${formatQuantity(least)}`;
  if (!request) return `${bound}.  No request is specified`;
  if (request.nanos < least.nanos) return `${bound}, but request is ${formatQuantity(request)}`;
  return limit && limit.nanos < least.nanos ? `${bound}, but limit is ${formatQuantity(limit)}` : undefined;
}

function tooMuch(most: Quantity, request: Given, limit: Given, { name, type }: About): string | undefined {
  const bound = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`;
  if (!limit) return `${bound}.  No limit is specified`;
  if (limit.nanos > most.nanos) return `${bound}, but limit is ${formatQuantity(limit)}`;
  return request && request.nanos > most.nanos ? `${bound}, but request is ${formatQuantity(request)}` : undefined;
}

function requestTooLarge(most: Quantity, request: Given, _limit: Given, { name, type }: About): string | undefined {
  const bound = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`;
  if (!request) return `${bound}.  No request is specified`;
  return request.nanos > most.nanos ? `${bound}, but request is ${formatQuantity(request)}` : undefined;
}

function tooFarApart(most: Quantity, request: Given, limit: Given, { name, type }: About): string | undefined {
  const bound = `${name} max limit to request ratio per ${type} is ${formatQuantity(most)}`;
  if (!request?.nanos) return `${bound}, but no request is specified or request is 0`;
  if (!limit?.nanos) return `${bound}, but no limit is specified or limit is 0`;
  const ratio = Number(limit.nanos) / Number(request.nanos);
  return ratio > Number(most.nanos) / 1e9 ? `${bound}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
