import { messageOf } from '../base/index.ts';
import type { Route } from './routes.ts';

/** What a person reads when a Service's address cannot be listened on: where, why, and what to do. */
export function explainBindProblem({ address, port, protocol, through }: Route, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const where = `cannot listen on ${address}:${port} (${protocol}, ${through})`;
  switch (code) {
    case 'EACCES':
      return (
        `${where}: permission denied. Ports below 1024 are reserved: give the Service a port from 1024 up, ` +
        `or allow lower ones with: sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`
      );
    case 'EADDRINUSE':
      return `${where}: another process listens there, perhaps on this port of all addresses (find it with: ss -ltnp 'sport = :${port}'). Stop it, or give the Service another port.`;
    case 'EADDRNOTAVAIL':
      return `${where}: this machine does not have the address. On Linux every address in 127.0.0.0/8 is there; elsewhere add it to the loopback interface.`;
    default:
      return `${where}: ${messageOf(error)}`;
  }
}
