import { join } from 'node:path';
import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { commitRollback, decideRollback, isRemote, openSource, type Committed } from '../gitops/index.ts';
import { APPLICATIONS, SYSTEM_NAMESPACE, type Application } from '../model/index.ts';
import { findApplication, listPlans } from './applications.ts';
import { connect, type Connection, type Where } from './connect.ts';
import { printJson } from './output.ts';

interface RollbackOptions extends Where {
  readonly to?: string;
  readonly repository?: string;
  /** False for `--no-push`. */
  readonly push: boolean;
  readonly output: string;
}

/** Writes the commit that takes one application back. The cluster follows it as any other. */
export async function rollback(name: string | undefined, options: RollbackOptions): Promise<void> {
  const connection = connect(options);
  try {
    const { client } = connection;
    const { items } = await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE });
    const application = await findApplication(client, name ?? onlyOne(items));
    const { folder, ref } = workTreeOf(connection, options.repository);
    const source = await openSource(folder);
    const plans = await listPlans(client, application.metadata.name);
    const { commit, warnings } = await decideRollback({ application, plans, source, to: options.to });
    const { path } = application.spec;
    const others = items.map(({ spec }) => spec.path).filter((other) => other.startsWith(`${path}/`));
    const committed = await commitRollback({
      folder,
      application: application.metadata.name,
      path,
      others,
      to: commit,
      ref,
      push: options.push,
    });
    if (options.output === 'json') return printJson({ application: application.metadata.name, to: commit, ...committed, warnings });
    tell(application, committed, warnings);
  } finally {
    await connection.close();
  }
}

function onlyOne(applications: readonly Application[]): string {
  const names = applications.map(({ metadata }) => metadata.name);
  if (names.length === 1) return names[0]!;
  throw new UserError(names.length === 0 ? 'there is no application yet' : `name one of the applications: ${names.join(', ')}`);
}

/** The folder with the manifests in which a person works: the daemon's own repository, or a clone of it. */
function workTreeOf({ running }: Connection, named: string | undefined): { readonly folder: string; readonly ref?: string } {
  const { repository, git } = running ?? {};
  const base = named ?? (repository === undefined || isRemote(repository) ? '.' : repository);
  return { folder: join(base, git?.path ?? ''), ...(named === undefined && git?.ref !== undefined ? { ref: git.ref } : {}) };
}

function tell({ metadata }: Application, { oid, subject, undone, pushed }: Committed, warnings: readonly string[]): void {
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  print(`${colours.green('✔')} ${colours.yellow(oid.slice(0, 7))} ${subject}`);
  for (const line of undone) print(`  takes back ${line}`);
  for (const warning of warnings) print(`${colours.yellow('!')} ${warning}`);
  if (pushed !== undefined) print(`  pushed to ${pushed}`);
  print(`  automatic sync goes on: 'slipway status ${metadata.name} --wait' tells when it is there`);
}
