import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Field names whose values never reach a log, wherever they stand. */
const SECRET_FIELDS = ['token', 'password', 'authorization', 'data', 'stringData', 'key', 'keyPem'];

export interface LogOptions {
  level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  write?: (line: string) => void;
}

/** JSON Lines to `write` (standard error by default): a constant message and fields. */
export function createLog(options: LogOptions = {}): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [`*.${name}`, `*.*.${name}`, `secret.${name}`]), censor: '•••' },
    },
    { write },
  );
}

export const silentLog: Log = pino({ level: 'silent' });
