/** What people and programs outside the control plane may be given. */
export const PEOPLE: Readonly<Record<string, string>> = {
  'cluster-admin': `
    * * *
    * paths *`,

  'system:aggregate-to-admin': `
    create authorization.k8s.io localsubjectaccessreviews
    own rbac.authorization.k8s.io rolebindings,roles`,

  'system:aggregate-to-edit': `
    read core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
    impersonate core serviceaccounts
    write core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
    create core pods/eviction
    write core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
    create core serviceaccounts/token
    write apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
    write autoscaling horizontalpodautoscalers
    write batch cronjobs,jobs
    write policy poddisruptionbudgets
    write networking.k8s.io ingresses,networkpolicies
    own coordination.k8s.io leases
    write resource.k8s.io resourceclaims,resourceclaimtemplates`,

  'system:aggregate-to-view': `
    read core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
    read core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
    read core namespaces
    read discovery.k8s.io endpointslices
    read apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
    read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
    read batch cronjobs,cronjobs/status,jobs,jobs/status
    read policy poddisruptionbudgets,poddisruptionbudgets/status
    read networking.k8s.io ingresses,ingresses/status,networkpolicies
    read resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
    read slipway.dev applications,plans`,

  'system:basic-user': `
    create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
    create authentication.k8s.io selfsubjectreviews`,
  'system:discovery': `
    get paths /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/`,
  'system:public-info-viewer': `
    get paths /healthz,/livez,/readyz,/version,/version/`,
  'system:monitoring': `
    get paths /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*`,
  'system:service-account-issuer-discovery': `
    get paths /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/`,
  'system:auth-delegator': `
    create authentication.k8s.io tokenreviews
    create authorization.k8s.io subjectaccessreviews`,
  'system:kubelet-api-admin': `
    read core nodes
    proxy core nodes
    * core nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats`,
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': `
    create certificates.k8s.io certificatesigningrequests/nodeclient`,
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': `
    create certificates.k8s.io certificatesigningrequests/selfnodeclient`,
  'system:certificates.k8s.io:kube-apiserver-client-approver': `
    approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client`,
  'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver': `
    approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet`,
  'system:certificates.k8s.io:kubelet-serving-approver': `
    approve certificates.k8s.io signers kubernetes.io/kubelet-serving`,
  'system:certificates.k8s.io:legacy-unknown-approver': `
    approve certificates.k8s.io signers kubernetes.io/legacy-unknown`,
};

/** These take their rules from every cluster role that carries the label, and lend their own to the one above. */
export const AGGREGATED: Readonly<Record<string, { readonly gathers: string; readonly lendsTo?: string }>> = {
  admin: { gathers: 'rbac.authorization.k8s.io/aggregate-to-admin' },
  edit: { gathers: 'rbac.authorization.k8s.io/aggregate-to-edit', lendsTo: 'rbac.authorization.k8s.io/aggregate-to-admin' },
  view: { gathers: 'rbac.authorization.k8s.io/aggregate-to-view', lendsTo: 'rbac.authorization.k8s.io/aggregate-to-edit' },
};
