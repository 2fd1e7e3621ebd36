import colours from 'picocolors';
import { UserError } from '../base/index.ts';
import { RESUMED_ANNOTATION, SUSPENDED_ANNOTATION } from '../gitops/index.ts';
import { annotate, findApplication } from './applications.ts';
import { connect, type Where } from './connect.ts';
import { printJson } from './output.ts';

type Options = Where & { readonly output: string };

/** Nothing of the application is changed until it is resumed; what would be is still shown. */
export async function suspend(name: string, options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const { client } = connection;
    await annotate(client, await findApplication(client, name), { [SUSPENDED_ANNOTATION]: 'true' });
    if (options.output === 'json') return printJson({ application: name, suspended: true });
    process.stdout.write(`${colours.green('✔')} ${name} is suspended: nothing of it is changed until 'slipway resume ${name}'\n`);
  } finally {
    await connection.close();
  }
}

/** Goes on with one that was suspended, or that stands still after a hook that failed. */
export async function resume(name: string, options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const { client } = connection;
    const application = await findApplication(client, name);
    await annotate(client, application, { [SUSPENDED_ANNOTATION]: null, [RESUMED_ANNOTATION]: new Date().toISOString() });
    if (application.spec.suspend) throw new UserError(`${name} is suspended by its policy in Git: commit "suspend: false"`);
    if (options.output === 'json') return printJson({ application: name, suspended: false });
    process.stdout.write(`${colours.green('✔')} ${name} goes on\n`);
  } finally {
    await connection.close();
  }
}
