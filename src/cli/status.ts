import colours from 'picocolors';
import { APPLICATIONS, type Application, type Condition } from '../model/index.ts';
import { connect } from './connect.ts';
import { formatTable } from './output.ts';

export async function status(options: { dataDir?: string; output: string }): Promise<void> {
  const connection = connect(options.dataDir);
  try {
    const { client } = connection;
    const { items } = await client.list(APPLICATIONS);
    if (options.output === 'json') return void process.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
    if (items.length === 0) return void process.stdout.write('no applications yet\n');
    const rows = items.map((application) => row(application));
    process.stdout.write(formatTable(['APPLICATION', 'REVISION', 'SYNC', 'HEALTH', 'OBJECTS', 'PATH'], rows));
    for (const application of items) process.stdout.write(formatTrouble(application));
  } finally {
    await connection.close();
  }
}

function row({ metadata, spec, status: state }: Application): string[] {
  return [
    metadata.name,
    state?.revision?.slice(0, 7) ?? '-',
    state?.sync ?? 'Unknown',
    state?.health ?? 'Unknown',
    String(state?.inventory?.length ?? 0),
    spec.path,
  ];
}

/** Why an application is not as its commit says, in full. */
function formatTrouble({ metadata, status: state }: Application): string {
  const lines = [
    ...(state?.conditions ?? []).filter(isTrouble).map((condition) => `${condition.reason ?? condition.type}: ${condition.message ?? ''}`),
    ...(state?.health !== 'Healthy' && state?.healthMessage ? [state.healthMessage] : []),
  ];
  return lines.map((line) => `${colours.yellow('!')} ${metadata.name}: ${line.replaceAll('\n', '\n    ')}\n`).join('');
}

/** Conditions that name a failure are bad when True; `Synced` is bad when it is anything else. */
function isTrouble({ type, status: state }: Condition): boolean {
  return (type === 'Synced') === (state !== 'True');
}
