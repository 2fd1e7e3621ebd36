import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { json } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { ensureCertificates } from '../../src/apiserver/auth/index.ts';

export interface ReviewRequest {
  readonly uid: string;
  readonly operation: string;
  readonly name: string;
  readonly namespace?: string;
  readonly subResource?: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly userInfo: { readonly username: string };
  readonly object: any;
  readonly oldObject: any;
  readonly dryRun: boolean;
}

/** What a webhook says, without the uid. */
export interface ReviewResponse {
  readonly allowed: boolean;
  readonly status?: object;
  readonly warnings?: readonly string[];
  /** Operations of a JSON patch. */
  readonly patch?: readonly object[];
}

/** A webhook that is really asked: a server for HTTPS on this machine, with an authority of its own. */
export class WebhookServer {
  /** By path: what is answered there. Text is sent as it is, with the code 500. */
  readonly answers = new Map<string, (request: ReviewRequest) => ReviewResponse | string | Promise<ReviewResponse>>();
  readonly asked: { readonly path: string; readonly request: ReviewRequest }[] = [];
  readonly #server: Server;
  readonly caBundle: string;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.caBundle = Buffer.from(ca).toString('base64');
    server.on('request', async (request, response) => {
      const review = (await json(request)) as { apiVersion: string; request: ReviewRequest };
      const path = new URL(request.url!, 'https://localhost').pathname;
      this.asked.push({ path, request: review.request });
      const answer = await this.answers.get(path)!(review.request);
      if (typeof answer === 'string') return void response.writeHead(500).end(answer);
      const { patch, ...rest } = answer;
      const patched = patch ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {};
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: review.apiVersion,
          kind: 'AdmissionReview',
          response: { uid: review.request.uid, ...rest, ...patched },
        }),
      );
    });
  }

  static async start(): Promise<WebhookServer> {
    const dir = mkdtempSync(join(tmpdir(), 'slipway-webhook-'));
    const { ca, server } = await ensureCertificates(dir, ['hook.default.svc'], systemClock.now());
    rmSync(dir, { recursive: true });
    const listening = createServer(server);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return new WebhookServer(listening, ca);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  url(path: string): string {
    return `https://127.0.0.1:${this.port}${path}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
