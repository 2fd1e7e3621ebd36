/** The command line. Each command is loaded only when it is called. */
import { enableCompileCache } from 'node:module';
enableCompileCache();

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const { run } = await import('./program.ts');
process.exitCode = await run(process.argv);
