/** What `/metrics` tells: requests by verb, resource and code, and what the process uses, in Prometheus' text format. */
export class RequestCounts {
  readonly #requests = new Map<string, number>();
  #watches = 0;

  count(verb: string, resource: string, code: number): void {
    const labels = `verb=${quote(verb)},resource=${quote(resource)},code="${code}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  watching(change: 1 | -1): void {
    this.#watches += change;
  }

  text(): string {
    const { user, system } = process.cpuUsage();
    return [
      ...metric('apiserver_request_total', 'counter', 'Requests answered, by verb, resource and HTTP status.', this.#requests),
      ...metric('apiserver_longrunning_requests', 'gauge', 'Watches and logs that are being followed now.', this.#watches),
      ...metric('process_cpu_seconds_total', 'counter', 'CPU time used.', (user + system) / 1e6),
      ...metric('process_resident_memory_bytes', 'gauge', 'Memory in use.', process.memoryUsage.rss()),
      '',
    ].join('\n');
  }
}

function metric(name: string, type: 'counter' | 'gauge', help: string, values: number | ReadonlyMap<string, number>): string[] {
  const lines = typeof values === 'number' ? [`${name} ${values}`] : [...values].map(([labels, value]) => `${name}{${labels}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

const quote = (text: string) => JSON.stringify(text);
