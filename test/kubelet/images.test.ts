import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { loginsFor } from '../../src/kubelet/images/logins.ts';
import { ImagePuller } from '../../src/kubelet/images/puller.ts';
import { parseReference, referenceProblem } from '../../src/kubelet/images/reference.ts';
import type { Image, RegistryLogin } from '../../src/kubelet/index.ts';
import type { Container, Pod, Secret } from '../../src/model/index.ts';

test.each([
  ['busybox', 'docker.io', 'library/busybox'],
  ['busybox:1.36', 'docker.io', 'library/busybox'],
  ['team/app', 'docker.io', 'team/app'],
  ['ghcr.example/team/app:v1', 'ghcr.example', 'team/app'],
  ['localhost/app', 'localhost', 'app'],
  ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app'],
  [`app@sha256:${'a'.repeat(64)}`, 'docker.io', 'library/app'],
])('the image %s is in the registry %s', (name, registry, repository) => {
  expect(parseReference(name)).toEqual({ registry, repository });
});

test.each(['', 'Bad Name', 'UPPER', 'a//b', 'app:', 'app@sha256:short', '-app'])('%j names no image', (name) => {
  expect(parseReference(name)).toBeUndefined();
});

test.each([
  ['a//b', 'invalid reference format'],
  ['app:', 'invalid reference format'],
  ['UPPER:v1', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
  ['ghcr.example/Team/app', 'invalid reference format: repository name (Team/app) must be lowercase'],
  ['127.0.0.1:5000/App:v1', 'invalid reference format: repository name (App) must be lowercase'],
])('of %j it is said: %s', (name, problem) => {
  expect(referenceProblem(name)).toBe(problem);
});

describe('of the logins in secrets', () => {
  const secret = (auths: object): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
  const auth = Buffer.from('ada:pass:word').toString('base64');

  test.each<[what: string, image: string, auths: object, logins: readonly RegistryLogin[]]>([
    ['that of the registry counts', 'r.example/app', { 'r.example': { username: 'a', password: 'b' } }, [{ username: 'a', password: 'b' }]],
    ['none of another does', 'r.example/app', { 's.example': { username: 'a' } }, []],
    [
      'name and password may be in one',
      'r.example/app',
      { 'https://r.example/v2/': { auth } },
      [{ username: 'ada', password: 'pass:word' }],
    ],
    [
      'an image without a registry is Docker’s',
      'app',
      { 'https://index.docker.io/v1/': { auth } },
      [{ username: 'ada', password: 'pass:word' }],
    ],
    [
      'a star is a part of a name',
      'r.example.org/app',
      { '*.example.org': { username: 'a' }, '*.org': { username: 'b' } },
      [{ username: 'a' }],
    ],
    [
      'the longest path comes first',
      'r.example/team/app',
      { 'r.example': { username: 'all' }, 'r.example/team': { username: 'team' }, 'r.example/other': { username: 'other' } },
      [{ username: 'team' }, { username: 'all' }],
    ],
  ])('%s', (_, image, auths, logins) => {
    expect(loginsFor(image, [secret(auths)])).toEqual(logins);
  });

  test('what is no login is left out', () => {
    const torn = { ...secret({}), data: { '.dockerconfigjson': 'bm90IGpzb24=' } };
    expect(loginsFor('r.example/app', [torn, { ...torn, data: {} }])).toEqual([]);
  });
});

describe('the puller', () => {
  const clock = new ManualClock();
  const here: Image = { names: ['app'], id: 'sha256:1', sizeBytes: 7 };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u' }, spec: { containers: [] } } as Pod;
  let told: string[];
  let done: number;
  let found: Image | undefined;
  let answers: (Image | Error)[];
  let puller: ImagePuller;

  beforeEach(() => {
    [told, done, found, answers] = [[], 0, undefined, []];
    puller = new ImagePuller({
      clock,
      images: () => ({
        list: async () => [],
        find: async () => found,
        pull: async () => {
          const answer = answers.shift()!;
          if (answer instanceof Error) throw answer;
          return answer;
        },
      }),
      secret: () => undefined,
      tell: (_, type, reason, message) => told.push(`${type} ${reason} ${message}`),
      done: () => done++,
    });
  });

  const ask = (policy: Container['imagePullPolicy'], attempt = 0, more: Partial<Pod['spec']> = {}) =>
    puller.ensure(
      { ...pod, spec: { ...pod.spec, ...more } },
      { name: 'main', image: 'app', ...(policy ? { imagePullPolicy: policy } : {}) },
      attempt,
    );

  test('takes the image that is there', async () => {
    found = here;
    expect(await ask('IfNotPresent')).toBe('ready');
    expect(told).toEqual(['Normal Pulled Container image "app" already present on machine and can be accessed by the pod']);
  });

  test('fetches the one that is not, and says so', async () => {
    answers = [here];
    expect(await ask('IfNotPresent')).toBe('pulling');
    await clock.settle();
    expect([done, await ask('IfNotPresent')]).toEqual([1, 'ready']);
    expect(told).toEqual([
      'Normal Pulling Pulling image "app"',
      'Normal Pulled Successfully pulled image "app" in 0ms (0ms including waiting). Image size: 7 bytes.',
    ]);
  });

  test('always asks the registry for each start, where that is the policy', async () => {
    [found, answers] = [here, [here, here]];
    expect(await ask('Always')).toBe('pulling');
    await clock.settle();
    expect(await ask('Always')).toBe('ready');
    expect(await ask('Always', 1)).toBe('pulling');
    await clock.settle();
  });

  test('never asks where that is the policy', async () => {
    const message = 'Container image "app" is not present with pull policy of Never';
    expect(await ask('Never')).toMatchObject({ reason: 'ErrImageNeverPull', message });
    expect(told).toEqual([`Warning ErrImageNeverPull ${message}`, 'Warning Failed Error: ErrImageNeverPull']);
  });

  test('says of what is no name of an image what is wrong with it', async () => {
    const main = { name: 'main', image: 'Not An Image' };
    const message = `Failed to apply default image tag "Not An Image": couldn't parse image name "Not An Image": invalid reference format: repository name (library/Not An Image) must be lowercase`;
    expect(await puller.ensure(pod, main, 0)).toMatchObject({ reason: 'InvalidImageName', message });
    expect(told).toEqual([`Warning InspectFailed ${message}`, 'Warning Failed Error: InvalidImageName']);
  });

  test('shows a failure, waits ever longer, and tries again', async () => {
    answers = [new Error('no such image'), new Error('still none'), here];
    await ask('IfNotPresent');
    await clock.settle();
    expect(await ask('IfNotPresent')).toMatchObject({ reason: 'ErrImagePull', message: 'no such image' });
    await clock.advance(1000);
    expect(await ask('IfNotPresent')).toMatchObject({
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "app": ErrImagePull: no such image',
      retryAt: clock.now() + 9000,
    });
    await clock.advance(9000);
    expect(await ask('IfNotPresent')).toBe('pulling');
    await clock.advance(1000);
    expect(await ask('IfNotPresent')).toMatchObject({ reason: 'ImagePullBackOff', retryAt: clock.now() + 19_000 });
    await clock.advance(19_000);
    expect(await ask('IfNotPresent')).toBe('pulling');
    await clock.settle();
    expect(await ask('IfNotPresent')).toBe('ready');
    expect(told.slice(0, 5)).toEqual([
      'Normal Pulling Pulling image "app"',
      'Warning Failed Failed to pull image "app": no such image',
      'Warning Failed Error: ErrImagePull',
      'Normal BackOff Back-off pulling image "app"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
  });

  test('tells of a secret that is missing, and tries without', async () => {
    answers = [here];
    await ask('IfNotPresent', 0, { imagePullSecrets: [{ name: 'gone' }] });
    await clock.settle();
    expect(told[0]).toBe(
      'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.',
    );
    expect(await ask('IfNotPresent')).toBe('ready');
  });
});
