const README = `# Manifests

Each folder here is an application: what is committed in it runs, and what is taken away goes.

    slipway up .                      # runs it all on this machine
    slipway plan --worktree           # what a commit of what is here would change
    git commit -am 'Say something else'
    slipway rollback hello            # the commit that takes the last change back

A hook lints before each commit; 'slipway lint' does it by hand.
`;

const HELLO = `# A small HTTP server behind one address. Change the message or the replicas, and commit.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
spec:
  replicas: 2
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: server
          image: node
          command: ["node", "-e", "$(SERVER)"]
          env:
            - name: MESSAGE
              value: Hello
            - name: SERVER
              valueFrom:
                configMapKeyRef:
                  name: hello
                  key: server.js
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /
              port: http
            periodSeconds: 2
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: hello
data:
  server.js: |
    const { HOST, MESSAGE } = process.env;
    const server = require('node:http').createServer((_, response) => response.end(MESSAGE + '\\n'));
    server.listen(8080, HOST, () => console.log('listening on ' + HOST + ':8080'));
    process.on('SIGTERM', () => server.close(() => process.exit(0)));
---
apiVersion: v1
kind: Service
metadata:
  name: hello
spec:
  selector:
    app: hello
  ports:
    - name: http
      port: 8080
      targetPort: http
`;

/** A new repository, by path. */
export const SAMPLE: Readonly<Record<string, string>> = { 'README.md': README, 'hello/server.yaml': HELLO };

/** Where the command is gone, nothing is checked: a commit must not depend on it. */
export function preCommitHook(command: string): string {
  return `#!/bin/sh
# Checks the manifests before each commit. 'git commit --no-verify' goes without.
slipway=$(command -v slipway || command -v '${command.replaceAll("'", `'\\''`)}') || exit 0
exec "$slipway" lint "$(git rev-parse --show-toplevel)"
`;
}
