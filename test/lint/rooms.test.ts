import { describe, expect, test } from 'vitest';
import { violation } from './rooms.ts';

describe('an import', () => {
  test.each([
    ['within a room', 'store/journal/writer.ts', '../index.ts'],
    ['of an allowed room through its index', 'gitops/plan/plan.ts', '../../client/index.ts'],
    ['of a package at its home', 'gitops/source/git.ts', 'isomorphic-git'],
    ['of a part of a package at its home', 'apiserver/http/protobuf/messages.ts', 'protobufjs/light.js'],
    ['of Node itself', 'base/log.ts', 'node:fs'],
  ])('%s is fine', (_what, from, specifier) => {
    expect(violation(from, specifier)).toBeUndefined();
  });

  test.each([
    ['of a sibling', 'gitops/apply/apply.ts', '../../controllers/index.ts', 'gitops/ must not import controllers/'],
    ['of the store by a client of the API', 'kubelet/worker.ts', '../store/index.ts', 'kubelet/ must not import store/'],
    [
      'past an index',
      'daemon/daemon.ts',
      '../store/journal/writer.ts',
      'store/ is entered through its index.ts, not through journal/writer.ts',
    ],
    ['of a package away from home', 'daemon/daemon.ts', 'isomorphic-git', 'at home in gitops/source/'],
    ['of an unknown package', 'base/x.ts', 'left-pad', 'has no home yet'],
    ['upwards', 'base/x.ts', '../model/index.ts', 'base/ must not import model/ (it may import: nothing of ours)'],
  ])('%s is refused', (_what, from, specifier, message) => {
    expect(violation(from, specifier)).toContain(message);
  });
});
