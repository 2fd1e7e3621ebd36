import { expect, test } from 'vitest';
import { proxiedLink, proxiedPage } from '../../../src/apiserver/http/links.ts';

const root = { prefix: '/api/v1/namespaces/a/services/b/proxy', hosts: ['localhost:8001', '10.0.0.7:80'] };

test.each<[what: string, link: string, expected: string]>([
  ['a path', '/x/?y=z#w', `${root.prefix}/x/?y=z#w`],
  ['the root', '/', `${root.prefix}/`],
  ['a path with detours', '/x//../y', `${root.prefix}/y`],
  ['a relative one', 'x/y', 'x/y'],
  ['one that leads through the proxy already', `${root.prefix}/x`, `${root.prefix}/x`],
  ['the server by its own name', 'http://10.0.0.7:80/x', `${root.prefix}/x`],
  ['the server by the name that the client knows', 'http://localhost:8001/x', `http://localhost:8001${root.prefix}/x`],
  ['another server', 'https://example.com/x', 'https://example.com/x'],
  ['no path at all', 'mailto:a@example.com', 'mailto:a@example.com'],
  ['a script', 'javascript:void(0)', 'javascript:void(0)'],
])('a link: %s', (_, link, expected) => {
  expect(proxiedLink(link, root)).toBe(expected);
});

test.each<[what: string, page: string, expected: string]>([
  ['links of elements that have such', '<a class=x href="/y">', `<a class=x href="${root.prefix}/y">`],
  ['whatever the quotes', `<IMG SRC='/y' longdesc=/z alt="/w">`, `<IMG SRC='${root.prefix}/y' longdesc=${root.prefix}/z alt="/w">`],
  ['a script by its link, not by its text', `<script src="/y">'<a href="/z">'</script><a href=/z>`, `<script src="${root.prefix}/y">'<a href="/z">'</script><a href=${root.prefix}/z>`],
  ['nothing in comments and text', '<!-- <a href="/y"> --> 1 < 2 <p title="/y">/z</p>', '<!-- <a href="/y"> --> 1 < 2 <p title="/y">/z</p>'],
  ['nothing where a tag does not end', '<a href="/y', '<a href="/y'],
])('a page: %s', (_, page, expected) => {
  expect(proxiedPage(page, root)).toBe(expected);
}); // prettier-ignore

test('a page that means harm costs no more than its length', () => {
  const began = performance.now();
  for (const part of ['<a ', '<a "', '<a x="', '<!--', '<script>', `<a '"`]) proxiedPage(part.repeat(100_000), root);
  expect(performance.now() - began).toBeLessThan(5000);
});
