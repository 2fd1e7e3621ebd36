import type { TlsFiles } from '../../tools/certificate.ts';

const PROJECT = new URL('../../..', import.meta.url).pathname;
const SERVER = new URL('server.cjs', import.meta.url).pathname;

/** Three servers of HTTP, WebSocket and datagrams. */
export const deployment = (version: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo }
spec:
  replicas: 3
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      terminationGracePeriodSeconds: 10
      containers:
        - name: server
          image: node
          command: [node, ${SERVER}]
          env:
            - { name: VERSION, value: ${version} }
            - { name: NODE_PATH, value: ${PROJECT}node_modules }
          ports:
            - { name: http, containerPort: 8080 }
            - { name: datagrams, containerPort: 8080, protocol: UDP }
          readinessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 1
`;

/** Every way in: \`port\` and \`port + 1\` are ports of the machine that nobody has. */
export const services = (port: number) => `
apiVersion: v1
kind: Service
metadata: { name: echo }
spec:
  selector: { app: echo }
  ports:
    - { name: http, port: 8080, targetPort: http }
    - { name: datagrams, port: 8080, protocol: UDP, targetPort: datagrams }
---
apiVersion: v1
kind: Service
metadata: { name: by-node-port }
spec:
  type: NodePort
  selector: { app: echo }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: v1
kind: Service
metadata: { name: balanced }
spec:
  type: LoadBalancer
  selector: { app: echo }
  ports: [{ name: http, port: ${port}, targetPort: http }]
---
apiVersion: v1
kind: Service
metadata: { name: external }
spec:
  externalIPs: [127.0.0.1]
  selector: { app: echo }
  ports: [{ port: ${port + 1}, targetPort: http }]
---
apiVersion: v1
kind: Service
metadata: { name: pods }
spec:
  clusterIP: None
  selector: { app: echo }
  ports: [{ name: http, port: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere }
spec: { type: ExternalName, externalName: echo.default.svc.cluster.local }
`;

export const ingress = ({ cert, key }: TlsFiles) => `
apiVersion: v1
kind: Secret
metadata: { name: shop-tls }
type: kubernetes.io/tls
data:
  tls.crt: ${Buffer.from(cert).toString('base64')}
  tls.key: ${Buffer.from(key).toString('base64')}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  tls: [{ hosts: [shop.localhost], secretName: shop-tls }]
  rules:
    - host: shop.localhost
      http:
        paths:
          - { path: /a, pathType: Prefix, backend: { service: { name: echo, port: { name: http } } } }
          - { path: /b, pathType: Exact, backend: { service: { name: balanced, port: { name: http } } } }
    - host: plain.localhost
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: echo, port: { number: 8080 } } } }]
`;
