import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILLER = Array.from({ length: 20 }, (_, i) => `  key-${i}: "some value of ordinary length, number ${i}"`).join('\n');

/** Of five manifests one is a Deployment of no replicas, one its Service, and three are ConfigMaps. */
function manifest(n: number, mark: string, replicas = 0): string {
  if (n % 5 === 0) {
    return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-${n}\n  annotations: { mark: "${mark}" }\nspec:\n  replicas: ${replicas}\n  selector:\n    matchLabels: { app: app-${n} }\n  template:\n    metadata:\n      labels: { app: app-${n} }\n    spec:\n      containers:\n        - name: main\n          image: registry.example.com/app:1.0\n          ports: [{ containerPort: 8080 }]\n`;
  }
  if (n % 5 === 1)
    return `apiVersion: v1\nkind: Service\nmetadata:\n  name: svc-${n}\nspec:\n  selector: { app: app-${n - 1} }\n  ports:\n    - port: 80\n      targetPort: 8080\n`;
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf-${n}\ndata:\n  mark: "${mark}"\n${FILLER}\n`;
}

/** A repository of manifests, a directory an application. */
export class ManifestRepository {
  readonly path: string;
  readonly #applications: number;

  constructor(path: string, applications: number, manifests: number) {
    this.path = path;
    this.#applications = applications;
    for (let n = 0; n < applications; n++) mkdirSync(join(path, `app-${n}`), { recursive: true });
    for (let n = 0; n < manifests; n++) this.write(n);
    this.#git('init', '-q', '-b', 'main', '.');
    this.commit();
  }

  write(n: number, mark = '', replicas?: number): void {
    writeFileSync(join(this.path, `app-${n % this.#applications}`, `${n}.yaml`), manifest(n, mark, replicas));
  }

  commit(): void {
    this.#git('add', '-A');
    this.#git('commit', '-q', '-m', 'change');
  }

  #git(...args: string[]): void {
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'gc.auto=0', ...args], { cwd: this.path });
  }
}
