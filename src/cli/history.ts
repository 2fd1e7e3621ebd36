import colours from 'picocolors';
import { formatStepCounts } from '../gitops/index.ts';
import type { Plan } from '../model/index.ts';
import { findApplication, listPlans } from './applications.ts';
import { formatStep } from './approve.ts';
import { connect, type Where } from './connect.ts';
import { formatTable, printJson } from './output.ts';
import { readRecords } from './records.ts';

interface HistoryOptions extends Where {
  readonly output: string;
  readonly all?: boolean;
}

/** The syncs of one application or of all, or one of them in detail. */
export async function history(name: string | undefined, options: HistoryOptions): Promise<void> {
  if (options.all) return print(await readAll(options), name, options);
  const connection = connect(options);
  try {
    const { client } = connection;
    const plans = await listPlans(client);
    // One that was never synced has no plans.
    if (name !== undefined && !plans.some((plan) => isOf(plan, name))) await findApplication(client, name, plans);
    print(plans, name, options);
  } finally {
    await connection.close();
  }
}

const isOf = ({ metadata, spec }: Plan, name: string) => metadata.name === name || spec.application === name;

function print(kept: readonly Plan[], name: string | undefined, { output }: HistoryOptions): void {
  const one = kept.find(({ metadata }) => metadata.name === name);
  if (one) return output === 'json' ? printJson(one) : void process.stdout.write(formatPlanInFull(one));
  const plans = kept.filter((plan) => name === undefined || isOf(plan, name)).toReversed();
  if (output === 'json') return printJson(plans);
  if (plans.length === 0) return void process.stderr.write(`nothing${name === undefined ? '' : ` of ${name}`} was synced yet\n`);
  const header = ['WHEN', 'APPLICATION', 'COMMIT', 'OUTCOME', 'CHANGES', 'TOOK', 'AUTHOR', 'MESSAGE', 'PLAN'];
  process.stdout.write(formatTable(header, plans.map(row)));
}

/** From the journal, which has also those that are no objects any more, and needs no daemon that runs. */
async function readAll(where: Where): Promise<readonly Plan[]> {
  const plans = new Map<string, Plan>();
  for await (const record of readRecords(where)) {
    if (record.op !== 'put' || record.text === undefined || !record.key.startsWith('slipway.dev/plans/')) continue;
    plans.set(record.key, JSON.parse(record.text) as Plan);
  }
  return [...plans.values()];
}

const firstLine = (text = '') => text.trim().split('\n', 1)[0] ?? '';

function row({ metadata, spec, status }: Plan): string[] {
  return [
    status?.startedAt ?? metadata.creationTimestamp ?? '-',
    spec.application,
    spec.revision.slice(0, 7),
    status?.phase ?? 'Pending',
    formatStepCounts(spec.steps),
    tookOf(status),
    spec.author?.replace(/ <.*/, '') ?? '-',
    `${spec.drift ? '(drift) ' : ''}${firstLine(spec.message)}`,
    metadata.name,
  ];
}

function tookOf(status: Plan['status']): string {
  const sum = (status?.durations ?? []).reduce((total, { milliseconds }) => total + milliseconds, 0);
  return status?.durations ? formatMillis(sum) : '-';
}

const formatMillis = (ms: number) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

/** One sync: who, why, what became of each object, and how long each stage took. */
function formatPlanInFull({ metadata, spec, status }: Plan): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['application', spec.application],
    ['commit', `${spec.revision.slice(0, 7)} ${firstLine(spec.message)}`],
    ['author', spec.author],
    ['drift', spec.drift ? 'what others changed since the commit was applied is put back' : undefined],
    ['outcome', `${status?.phase ?? 'Pending'}${status?.attempt ? ` at attempt ${status.attempt}` : ''}`],
    ['why', status?.message],
    ['began', status?.startedAt],
    ['ended', status?.finishedAt],
    ['took', status?.durations?.map(({ stage, milliseconds }) => `${stage} ${formatMillis(milliseconds)}`).join(', ')],
  ];
  const told = rows.flatMap(([name, text]) =>
    text ? [`  ${colours.dim(name.padEnd(12))} ${text.replaceAll('\n', `\n${' '.repeat(15)}`)}`] : [],
  );
  const steps = spec.steps.map((step, i) => {
    const { outcome = '-', message } = status?.steps?.[i] ?? {};
    return `  ${outcome.padEnd(8)} ${formatStep(step)}${message ? `: ${message}` : ''}`;
  });
  const warnings = (spec.warnings ?? []).map((warning) => `  ${colours.yellow('!')} ${warning}`);
  return [colours.bold(metadata.name), ...told, ...steps, ...warnings, ''].join('\n');
}
