/** The command line. Each command is loaded only when it is called. */
import { enableCompileCache } from 'node:module';
enableCompileCache();

const { run } = await import('./program.ts');
process.exitCode = await run(process.argv);
