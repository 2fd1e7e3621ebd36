import { describe, expect, test } from 'vitest';
import { commentOf, isOrphaned } from '../../../src/network/nftables/owner.ts';

const listing = (comment: string | undefined) =>
  `table ip slipway-1 {\n${comment === undefined ? '' : `\tcomment "${comment}"\n`}\tchain a {\n\t}\n}\n`;
const mine = commentOf('/data/one', '4026');
const there = () => true;
const gone = () => false;

describe('a table that a daemon left', () => {
  test.each([
    ['is an orphan once its data are gone', mine, gone, '4026', true],
    ['is kept for the pods that run on, as long as its data are there', mine, there, '4026', false],
    ['is left alone by who sees other files', mine, gone, '4027', false],
    ['is left alone when it does not say whose it is', undefined, gone, '4026', false],
    ['is left alone when somebody else wrote its comment', 'data of my own', gone, '4026', false],
  ])('%s', (_, comment, exists, files, orphaned) => {
    expect(isOrphaned(listing(comment), exists, files)).toBe(orphaned);
  });

  test.each([
    ['with a path that is too long for a comment', '/'.padEnd(200, 'x')],
    ['with a path that would end the comment', '/data/"; drop'],
  ])('%s says nothing', (_, path) => {
    expect(commentOf(path, '4026')).toBeUndefined();
  });
});
