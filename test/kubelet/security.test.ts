import { describe, expect, test } from 'vitest';
import { CAPABILITIES, capabilitiesIn, privilegesOf, type PrivilegeMeans } from '../../src/kubelet/process/privileges.ts';
import { userIn } from '../../src/kubelet/process/users.ts';
import type { Security } from '../../src/kubelet/runtime.ts';
import { rootProblem, securityOf } from '../../src/kubelet/security.ts';
import type { SecurityContext } from '../../src/model/index.ts';
import { container, pod } from './samples.ts';

describe('who a container runs as', () => {
  const of = (shared: SecurityContext | undefined, own?: SecurityContext) =>
    securityOf(pod(shared ? { securityContext: shared } : {}), container('web', own ? { securityContext: own } : {}));

  test.each<[string, SecurityContext | undefined, SecurityContext | undefined, Security | undefined]>([
    ['is nobody’s matter where nothing is said', undefined, undefined, undefined],
    ['is nobody’s matter where only emptiness is said', {}, {}, undefined],
    ['is what the pod says', { runAsUser: 1, runAsGroup: 2 }, undefined, { user: 1, group: 2 }],
    ['is what the container says, where both say it', { runAsUser: 1, runAsNonRoot: true }, { runAsUser: 0, runAsNonRoot: false }, { user: 0 }],
    ['holds the groups of the pod, and that of its volumes', { fsGroup: 7, supplementalGroups: [5] }, undefined, { groups: [5, 7] }],
    ['holds no other groups where the pod says so', { supplementalGroups: [5], supplementalGroupsPolicy: 'Strict' }, undefined, { groups: [5], strictGroups: true }],
    ['holds what only a container can say', undefined, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }, { noNewPrivileges: true, readOnlyRoot: true, capabilities: { drop: ['ALL'] } }],
    ['may be given more than it has, unless that is denied', undefined, { allowPrivilegeEscalation: true, readOnlyRootFilesystem: false }, undefined],
  ])('%s', (_name, shared, own, security) => {
    expect(of(shared, own)).toEqual(security);
  }); // prettier-ignore

  const where = { podUid: 'u1', namespace: 'default', podName: 'web-1', container: 'web' };
  test.each<[string, Security, Parameters<typeof rootProblem>[1], string | undefined]>([
    ['root may, where nobody minds', {}, { uid: 0 }, undefined],
    ['an image that is root’s may not', { mustNotBeRoot: true }, { uid: 0 }, 'container has runAsNonRoot and image will run as root (pod: "web-1_default(u1)", container: web)'],
    ['nor one whose user has but a name', { mustNotBeRoot: true }, { name: 'app' }, 'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "web-1_default(u1)", container: web)'],
    ['nor who asks to be root', { mustNotBeRoot: true, user: 0 }, { uid: 5 }, 'container\'s runAsUser breaks non-root policy (pod: "web-1_default(u1)", container: web)'],
    ['who asks to be another may', { mustNotBeRoot: true, user: 5 }, { uid: 0 }, undefined],
    ['an image that is another’s may', { mustNotBeRoot: true }, { uid: 5 }, undefined],
  ])('where root is not wanted: %s', (_name, security, image, problem) => {
    expect(rootProblem(security, image, where)).toBe(problem);
  }); // prettier-ignore
});

describe('a process container', () => {
  const ROOT: PrivilegeMeans = { uid: 0, setpriv: '/bin/setpriv', noMounts: undefined, capabilities: new Set(CAPABILITIES) };
  const known = { 0: { group: 0, home: '/root', groups: [] }, 33: { group: 34, home: '/www', groups: [99] } };
  const userOf = (uid: number) => known[uid as 0] ?? { group: 0, home: '/', groups: [] };

  test.each<[string, Security, string]>([
    ['that asks for nothing is left as it is', {}, ''],
    ['of a user that the machine knows has that one’s groups', { user: 33 }, '--reuid=33 --regid=34 --groups=99'],
    ['that is to have no other groups has none of that one’s', { user: 33, groups: [6], strictGroups: true }, '--reuid=33 --regid=34 --groups=6'],
    ['of a user that it does not know has the group 0', { user: 1000 }, '--reuid=1000 --regid=0 --clear-groups'],
    ['has the group that it asks for', { user: 33, group: 5, groups: [6, 99] }, '--reuid=33 --regid=5 --groups=99,6'],
    ['of a volume’s group alone stays root', { groups: [7] }, '--reuid=0 --regid=0 --groups=7'],
    ['keeps what it adds to what it drops', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }, '--bounding-set=-all,+net_bind_service --inh-caps=-all'],
    ['takes names with and without their first word', { capabilities: { drop: ['CAP_KILL', 'chown'] } }, '--bounding-set=-kill,-chown --inh-caps=-all'],
    ['that drops nothing has all', { capabilities: { add: ['NET_ADMIN'] } }, ''],
    ['that is privileged drops nothing', { privileged: true, capabilities: { drop: ['ALL'] } }, ''],
    ['is denied more than it has', { noNewPrivileges: true }, '--no-new-privs'],
    ['with the profile of the runtime has none', { seccomp: { type: 'RuntimeDefault' } }, ''],
  ])('%s', (_name, security, words) => {
    expect(privilegesOf(security, ROOT, userOf)).toEqual({ ok: true, words: words ? ['/bin/setpriv', ...words.split(' ')] : [] });
  }); // prettier-ignore

  const USER = { ...ROOT, uid: 1000, capabilities: new Set<string>() };
  test.each<[string, Security, PrivilegeMeans, string]>([
    ['another user', { user: 5 }, USER, 'runAsUser 5: the daemon runs as user 1000, and only root can give that'],
    ['another group', { group: 5 }, USER, 'runAsGroup 5: the daemon runs as user 1000, and only root can give that'],
    ['other groups', { groups: [5, 6] }, USER, 'the groups 5, 6: the daemon runs as user 1000, and only root can give that'],
    ['privileges', { privileged: true }, USER, 'privileged: the daemon runs as user 1000, and only root can give that'],
    ['what the daemon may not', { capabilities: { add: ['SYS_TIME'] } }, USER, 'the capability SYS_TIME: the daemon does not have it itself'],
    ['what nobody knows', { capabilities: { add: ['FLY'] } }, ROOT, 'unknown capability "CAP_FLY"'],
    ['a root of its own where nothing mounts', { readOnlyRoot: true }, { ...ROOT, noMounts: 'forbidden' }, 'readOnlyRootFilesystem: nothing can be mounted here (forbidden)'],
    ['a profile', { seccomp: { type: 'Localhost', localhostProfile: 'a.json' } }, ROOT, 'seccompProfile a.json: processes run under no profile here, use RuntimeDefault or Unconfined'],
    ['a change without the program for it', { user: 5 }, { ...ROOT, setpriv: undefined }, 'setpriv (util-linux) is not installed'],
  ])('is refused %s', (_name, security, means, problem) => {
    expect(privilegesOf(security, means, userOf)).toEqual({ ok: false, problem });
  }); // prettier-ignore

  test('has its user’s home and groups from the machine', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:34:web:/www:/bin/sh\n';
    const group = 'root:x:0:\nwww:x:34:\nlog:x:99:other,www\n';
    expect(userIn(passwd, group, 33)).toEqual({ group: 34, home: '/www', groups: [99] });
    expect(userIn(passwd, group, 7)).toEqual({ group: 0, home: '/', groups: [] });
  });

  test('can be given what the mask of the daemon says', () => {
    expect([...capabilitiesIn('CapEff:\t0\nCapBnd:\t0000000000000401\n')]).toEqual(['CHOWN', 'NET_BIND_SERVICE']);
  });
});
