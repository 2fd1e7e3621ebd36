import { describe, expect, it } from 'vitest';
import { Veil } from '../../src/gitops/veil.ts';
import { manifest } from './values.ts';

const veil = new Veil('key');

describe('the veil', () => {
  const secret = (value: string) => manifest('Secret', 'key', { data: { password: Buffer.from(value).toString('base64') } });

  it('shows that a value changed, and not what it is', () => {
    const [one, two] = [veil.cover(secret('hunter2')), veil.cover(secret('hunter3'))] as unknown as { data: { password: string } }[];
    expect(one!.data.password).toMatch(/^••• [0-9a-f]{6}$/);
    expect(two!.data.password).not.toBe(one!.data.password);
    expect(veil.cover(secret('hunter2'))).toEqual(one);
  });

  it('gives other marks under another key', () => {
    expect(new Veil('other').cover(secret('hunter2'))).not.toEqual(veil.cover(secret('hunter2')));
    expect(new Veil('other').digest(secret('a'), 'a')).not.toBe(veil.digest(secret('a'), 'a'));
  });

  it('gives data and stringData of one value the same mark', () => {
    const plain = veil.cover(manifest('Secret', 'key', { stringData: { password: 'hunter2' } })) as unknown as { stringData: object };
    expect(plain.stringData).toEqual((veil.cover(secret('hunter2')) as unknown as { data: object }).data);
  });

  it('takes away what kubectl keeps of the last apply', () => {
    const applied = manifest('Secret', 'key', {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2', a: 'b' } },
    });
    expect(veil.cover(applied).metadata.annotations).toEqual({ a: 'b' });
  });

  it('takes values out of messages, as they are written and decoded', () => {
    expect(veil.scrub(secret('hunter2'), `bad value "hunter2" (${Buffer.from('hunter2').toString('base64')})`)).toBe(
      'bad value "•••" (•••)',
    );
  });

  it('leaves other objects alone', () => {
    const page = manifest('ConfigMap', 'page', { data: { a: 'b' } });
    expect(veil.cover(page)).toBe(page);
    expect(veil.scrub(page, 'b')).toBe('b');
  });
});
