import colours from 'picocolors';
import { APPLICATIONS, NODES, type Application, type Condition, type Node } from '../model/index.ts';
import type { SourceFailure } from '../gitops/index.ts';
import { findApplication } from './applications.ts';
import { connect, type Where } from './connect.ts';
import { readFailure } from './failure.ts';
import { formatTable, printJson } from './output.ts';
import { followedBy } from './tip.ts';
import { parseTimeout, waitUntilThere } from './wait.ts';

interface StatusOptions extends Where {
  readonly output: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export async function status(name: string | undefined, options: StatusOptions): Promise<number> {
  const connection = connect(options);
  try {
    const { client } = connection;
    const code = options.wait ? await waitUntilThere(connection, await followedBy(connection), name, parseTimeout(options.timeout)) : 0;
    const items = name === undefined ? (await client.list(APPLICATIONS)).items : [await findApplication(client, name)];
    print(items, options.output, `${formatSource(await readFailure(client))}${formatNetwork((await client.list(NODES)).items)}`);
    return code;
  } finally {
    await connection.close();
  }
}

function print(items: readonly Application[], format: string, surroundings: string): void {
  if (format === 'json') return printJson(items);
  if (format === 'name') return void process.stdout.write(items.map(({ metadata }) => `${metadata.name}\n`).join(''));
  if (items.length === 0) return void process.stdout.write(`no applications yet\n${surroundings}`);
  process.stdout.write(formatTable(['APPLICATION', 'REVISION', 'SYNC', 'HEALTH', 'OBJECTS', 'PATH'], items.map(row)));
  for (const application of items) process.stdout.write(formatTrouble(application));
  process.stdout.write(surroundings);
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

/** Why no newer commit is taken. */
export function formatSource(failure: SourceFailure | undefined): string {
  return failure === undefined ? '' : `${colours.red('✖')} ${failure.message.replaceAll('\n', '\n    ')}\n`;
}

/** How the cluster is reached, as its node tells it. */
function formatNetwork(nodes: readonly Node[]): string {
  const told = nodes.map(({ metadata }) => metadata.annotations ?? {}).find((each) => each['slipway.dev/services'] !== undefined);
  if (!told) return '';
  const { 'slipway.dev/services': services, 'slipway.dev/dns': dns, 'slipway.dev/ingress': ingress } = told;
  const parts = [
    `Services by ${services}`,
    ...(dns ? [`names by ${dns}`] : []),
    ...(ingress ? [`Ingresses at ${ingress.replaceAll(',', ', ')}`] : []),
  ];
  return colours.dim(`${parts.join('; ')}\n`);
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
