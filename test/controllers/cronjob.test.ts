import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decideCronJob, openSchedule } from '../../src/controllers/cronjob/index.ts';
import { CRON_JOBS, EVENTS, formatTime, JOBS, type CronJob, type Job } from '../../src/model/index.ts';
import { cluster, type Cluster } from './cluster.ts';

const at = (text: string) => Date.parse(text);

describe('a schedule', () => {
  test.each([
    ['*/5 * * * *', undefined, '2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z'],
    ['5/15 * * * *', undefined, '2026-01-01T00:06:00Z', '2026-01-01T00:20:00Z'],
    ['@daily', 'Europe/Berlin', '2026-01-01T12:00:00Z', '2026-01-01T23:00:00Z'],
    ['0 0 13 * 5', undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['0 0 ? * MON', undefined, '2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['TZ=Asia/Tokyo 0 9 * * *', undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['@every 90m', undefined, '2026-01-01T00:00:00Z', '2026-01-01T01:30:00Z'],
    ['0 0 29 2 *', undefined, '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 9 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T07:00:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-30T00:30:00Z'],
    ['0 2 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'],
    ['0 * * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    ['0 2 * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z'],
    ['15 0 * * *', 'Australia/Lord_Howe', '2026-01-01T00:00:00Z', '2026-01-01T13:15:00Z'],
  ])('%s in %s after %s is due at %s', (text, zone, after, due) => {
    expect(formatTime(openSchedule(text, zone).next(at(after))!)).toBe(due);
  });

  test('that never comes has no next time', () =>
    expect(openSchedule('0 0 31 2 *', undefined).next(at('2026-01-01T00:00:00Z'))).toBeUndefined());
});

const template: CronJob['spec']['jobTemplate'] = {
  metadata: { labels: { from: 'cron' } },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
};

function cronJob(spec: Partial<CronJob['spec']> = {}, status: CronJob['status'] = {}): CronJob {
  const metadata = { name: 'tick', namespace: 'default', uid: 'cron', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { schedule: '* * * * *', jobTemplate: template, ...spec }, status };
}

describe('what is due', () => {
  const decide = (cron: CronJob, now: string) => decideCronJob(cron, [], at(now));
  const reasons = (cron: CronJob, now: string) => decide(cron, now).events.map(({ reason }) => reason);

  test('is nothing before the first time', () => {
    expect(decide(cronJob(), '2026-01-01T00:00:30Z')).toMatchObject({ start: undefined, lookAgainIn: 30_100 });
  });
  test('is the last of the missed starts, and only that', () => {
    expect(decide(cronJob(), '2026-01-01T00:05:30Z').start).toBe(at('2026-01-01T00:05:00Z'));
    expect(reasons(cronJob(), '2026-01-01T00:05:30Z')).toEqual([]);
  });
  test('is still found after more than a hundred missed starts, with a warning', () => {
    expect(decide(cronJob(), '2026-01-08T00:00:30Z').start).toBe(at('2026-01-08T00:00:00Z'));
    expect(reasons(cronJob(), '2026-01-08T00:00:30Z')).toEqual(['TooManyMissedTimes']);
  });
  test('is found on a schedule that is not even', () => {
    expect(decide(cronJob({ schedule: '0 9 * * 1-5' }), '2027-01-04T08:00:00Z').start).toBe(at('2027-01-01T09:00:00Z'));
  });
  test('may be too old to be made up for', () => {
    const cron = cronJob({ schedule: '0 * * * *', startingDeadlineSeconds: 120 });
    expect(decide(cron, '2026-01-01T05:01:00Z').start).toBe(at('2026-01-01T05:00:00Z'));
    expect(decide(cron, '2026-01-01T05:10:00Z').start).toBeUndefined();
  });
  test.each([
    ['a schedule that never comes', { schedule: '0 0 31 2 *' }, 'InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second'], // prettier-ignore
    ['a time zone that is not', { timeZone: 'No/Where' }, 'UnknownTimeZone: invalid timeZone: "No/Where": unknown time zone No/Where'],
    ['a schedule that is none', { schedule: '61 * * * *' }, 'UnparseableSchedule: unparseable schedule: "61 * * * *" : CronPattern: Invalid value for minute: 61'], // prettier-ignore
  ])('is nothing on %s, and that is told', (_, spec, told) => {
    const { events, start, lookAgainIn } = decide(cronJob(spec), '2026-01-01T05:00:00Z');
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([told]);
    expect([start, lookAgainIn]).toEqual([undefined, undefined]);
  });
  test('is nothing while it is suspended', () => {
    expect(decide(cronJob({ suspend: true }), '2026-01-01T00:05:30Z')).toMatchObject({ start: undefined, lookAgainIn: undefined });
  });
  test('is not started twice', () => {
    const cron = cronJob({}, { lastScheduleTime: '2026-01-01T00:05:00Z' });
    expect(decide(cron, '2026-01-01T00:05:30Z').start).toBeUndefined();
  });
});

let plane: Cluster;
beforeEach(async () => {
  plane = await cluster(['cronjob', 'garbage-collector']);
});
afterEach(() => plane.scope.close());

const jobs = async () => (await plane.client.list(JOBS, { namespace: 'default' })).items;
const cron = () => plane.client.get(CRON_JOBS, 'tick', 'default');

async function create(spec: Partial<CronJob['spec']> = {}): Promise<void> {
  const { metadata, status: _, ...rest } = cronJob(spec);
  await plane.client.create(CRON_JOBS, { ...rest, metadata: { name: metadata.name, namespace: 'default' } });
  await plane.clock.settle();
}

async function end(job: Job, type: 'Complete' | 'Failed' = 'Complete'): Promise<void> {
  const time = formatTime(plane.clock.now());
  const conditions = [{ type, status: 'True', lastTransitionTime: time } as const];
  await plane.trusted.updateStatus(JOBS, {
    ...job,
    status: { startTime: time, ...(type === 'Complete' ? { completionTime: time } : {}), conditions },
  });
  await plane.clock.settle();
}

const events = async () => {
  await plane.clock.settle();
  return (await plane.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason, message }) => `${reason}: ${message}`);
};

describe('a cron job', () => {
  test('makes a job each minute, named by its time, and follows it', async () => {
    await create();
    await plane.clock.advance(60_200);
    const [job] = await jobs();
    expect(job!.metadata.name).toBe(`tick-${at('2026-01-01T00:01:00Z') / 60_000}`);
    expect(job!.metadata).toMatchObject({
      labels: { from: 'cron' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:01:00Z' },
    });
    expect((await cron()).status).toMatchObject({
      active: [{ name: job!.metadata.name, uid: job!.metadata.uid }],
      lastScheduleTime: '2026-01-01T00:01:00Z',
    });
    await end(job!);
    expect((await cron()).status).toEqual({ lastScheduleTime: '2026-01-01T00:01:00Z', lastSuccessfulTime: '2026-01-01T00:01:00Z' });
    expect(await events()).toEqual([
      `SuccessfulCreate: Created job ${job!.metadata.name}`,
      `SawCompletedJob: Saw completed job: ${job!.metadata.name}, condition: Complete`,
    ]);
  });

  test('keeps as many finished jobs as its history allows', async () => {
    await create({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 0 });
    for (let minute = 0; minute < 5; minute++) {
      await plane.clock.advance(60_100);
      const running = (await jobs()).filter(({ status }) => !status?.conditions);
      for (const job of running) await end(job, minute === 4 ? 'Failed' : 'Complete');
    }
    expect((await jobs()).map(({ status }) => status!.startTime).toSorted()).toEqual(['2026-01-01T00:03:00Z', '2026-01-01T00:04:00Z']);
  });

  test.each([
    ['Allow', 3, 3],
    ['Forbid', 1, 1],
    ['Replace', 1, 1],
  ] as const)('with the policy %s has %i jobs after three minutes', async (concurrencyPolicy, count, activeCount) => {
    await create({ concurrencyPolicy });
    for (let minute = 0; minute < 3; minute++) await plane.clock.advance(60_100);
    expect(await jobs()).toHaveLength(count);
    expect((await cron()).status?.active).toHaveLength(activeCount);
    const last = (await jobs()).at(-1)!.metadata.annotations!['batch.kubernetes.io/cronjob-scheduled-timestamp'];
    expect(last).toBe(concurrencyPolicy === 'Forbid' ? '2026-01-01T00:01:00Z' : '2026-01-01T00:03:00Z');
  });

  test('that replaces what it runs leaves a job alone that a person made of its template', async () => {
    await create({ concurrencyPolicy: 'Replace' });
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: (await cron()).metadata.uid!, controller: true };
    const metadata = { name: 'by-hand', namespace: 'default', ownerReferences: [owner] };
    await plane.client.create(JOBS, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: template.spec });
    for (let minute = 0; minute < 2; minute++) await plane.clock.advance(60_100);
    expect((await jobs()).map((job) => job.metadata.name)).toEqual(['by-hand', `tick-${at('2026-01-01T00:02:00Z') / 60_000}`]);
    expect(await events()).toContain('UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand');
  });

  test('leaves a job of that name alone that somebody else has made', async () => {
    await create();
    const name = `tick-${at('2026-01-01T00:01:00Z') / 60_000}`;
    await plane.client.create(JOBS, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' }, spec: template.spec });
    await plane.clock.advance(60_200);
    expect((await cron()).status).toEqual({});
    expect(await events()).toEqual([]);
    await plane.clock.advance(60_000);
    expect((await cron()).status).toMatchObject({ lastScheduleTime: '2026-01-01T00:02:00Z' });
  });

  test.each([
    ['a new schedule', { schedule: '0 12 * * *' }, { schedule: '10 0 * * *' }],
    ['a new time zone', { schedule: '10 0 * * *', timeZone: 'Europe/Berlin' }, { timeZone: 'UTC' }],
  ])('starts nothing for the times before it got %s, and goes on from there', async (_, spec, changed) => {
    await create(spec);
    await plane.clock.advance(20 * 60_000);
    await plane.client.patch({ kind: CRON_JOBS, name: 'tick', namespace: 'default' }, { type: 'merge', patch: { spec: changed } });
    await plane.clock.settle();
    await plane.clock.advance(60_000);
    expect(await jobs()).toEqual([]);
    await plane.clock.advance(24 * 3_600_000);
    expect((await cron()).status?.lastScheduleTime).toBe('2026-01-02T00:10:00Z');
  });

  test('that is no longer suspended makes up for the last start that it missed', async () => {
    await create({ schedule: '10 0 * * *', suspend: true });
    await plane.clock.advance(20 * 60_000);
    await plane.client.patch(
      { kind: CRON_JOBS, name: 'tick', namespace: 'default' },
      { type: 'merge', patch: { spec: { suspend: false } } },
    );
    await plane.clock.settle();
    expect((await cron()).status?.lastScheduleTime).toBe('2026-01-01T00:10:00Z');
  });

  test('tells of a job that has gone missing', async () => {
    await create();
    await plane.clock.advance(60_100);
    const [job] = await jobs();
    await plane.client.delete({ kind: JOBS, name: job!.metadata.name, namespace: 'default' }, { propagation: 'Background' });
    expect(await events()).toContain(`MissingJob: Active job went missing: ${job!.metadata.name}`);
    expect((await cron()).status?.active).toBeUndefined();
  });
});
