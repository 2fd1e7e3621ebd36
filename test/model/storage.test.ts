import { describe, expect, test } from 'vitest';
import { classNameOf } from '../../src/model/index.ts';

describe('the class of a claim or volume', () => {
  const named = (className?: string, annotation?: string) =>
    classNameOf({
      metadata: {
        name: 'x',
        ...(annotation === undefined ? {} : { annotations: { 'volume.beta.kubernetes.io/storage-class': annotation } }),
      },
      spec: className === undefined ? {} : { storageClassName: className },
    });
  test.each<[what: string, field: string | undefined, annotation: string | undefined, expected: string | undefined]>([
    ['is what its field says', 'fast', undefined, 'fast'],
    ['is what the old annotation says', undefined, 'old', 'old'],
    ['is what the old annotation says, whatever the field does', 'fast', 'old', 'old'],
    ['may be none', '', undefined, ''],
    ['may be left open', undefined, undefined, undefined],
  ])('%s', (_, field, annotation, expected) => expect(named(field, annotation)).toBe(expected));
});
