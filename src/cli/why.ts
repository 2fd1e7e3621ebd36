import colours from 'picocolors';
import { systemRandom } from '../base/index.ts';
import { findReason, type Reason } from '../gitops/index.ts';
import { connect, type Where } from './connect.ts';
import { followed } from './plan.ts';

interface WhyOptions extends Where {
  readonly namespace?: string;
  readonly output: string;
}

export async function why(object: string, field: string | undefined, options: WhyOptions): Promise<void> {
  const connection = connect(options);
  try {
    const source = await followed(connection);
    const { namespace } = options;
    const reason = await findReason({ source, client: connection.client, random: systemRandom, object, namespace, field });
    process.stdout.write(options.output === 'json' ? `${JSON.stringify(reason, undefined, 2)}\n` : formatReason(reason));
  } finally {
    await connection.close();
  }
}

function notInGit(isSet: boolean, isOwned: boolean): string {
  if (!isSet) return 'not in Git';
  return isOwned ? 'not in Git: set by whoever owns it' : 'not in Git: the API fills it in';
}

export function formatReason({ object, application, field, value, asked, through = [], origin, managers }: Reason): string {
  const commit = origin?.commit;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['value', field === undefined ? undefined : value === undefined ? 'not set' : JSON.stringify(value)],
    ['in Git', asked === undefined ? undefined : JSON.stringify(asked)],
    ...through.map((one) => ['made by', `${one.object}${one.field === undefined ? '' : `  ${one.field}`}`] as const),
    ['from', origin ? `${origin.file}:${origin.line}` : notInGit(value !== undefined || field === undefined, managers.length > 0)],
    ['commit', commit && `${commit.short} ${commit.subject}`],
    ['author', commit && `${commit.author.name} <${commit.author.email}>, ${new Date(commit.time).toISOString()}`],
    ['owned by', managers.map(({ manager, time }) => `${manager}${time ? ` (${time})` : ''}`).join(', ') || 'nobody'],
    ['application', application],
  ];
  const lines = rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${colours.dim(name.padEnd(12))} ${text}`]));
  return [`${colours.bold(object)}${field === undefined ? '' : `  ${colours.cyan(field)}`}`, ...lines, ''].join('\n');
}
