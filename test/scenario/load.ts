import { Agent, request } from 'node:http';

/** Clients that keep their connections, asking one thing after another, until they are stopped. */
export class Load {
  answered = 0;
  readonly failures: string[] = [];
  readonly answers = new Set<string>();
  readonly #url: string;
  readonly #agents: readonly Agent[];
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(url: string, clients: number) {
    this.#url = url;
    this.#agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    this.#running = Promise.all(this.#agents.map((agent) => this.#ask(agent))).then(() => {});
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    for (const agent of this.#agents) agent.destroy();
  }

  async #ask(agent: Agent): Promise<void> {
    while (!this.#stopped) {
      try {
        this.answers.add(await get(this.#url, agent));
        this.answered++;
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }
}

function get(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(body.split(' (from')[0]!);
        else reject(new Error(`status ${response.statusCode}: ${body}`));
      });
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}
