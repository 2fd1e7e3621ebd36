const EVENTS = 'create,patch,update core|events.k8s.io events';

/** What each of Kubernetes' controllers may do under the service account of its name: a real controller manager asks for them. */
export const CONTROLLERS: Readonly<Record<string, string>> = {
  'attachdetach-controller': `
    list,watch core persistentvolumeclaims,persistentvolumes
    read core nodes
    patch,update core nodes/status
    list,watch core pods
    create,delete,get,list,watch storage.k8s.io volumeattachments
    read storage.k8s.io csidrivers,csinodes`,
  'certificate-controller': `
    delete,get,list,watch certificates.k8s.io certificatesigningrequests
    update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
    approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
    sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
    create authorization.k8s.io subjectaccessreviews`,
  'clusterrole-aggregation-controller': `
    escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles`,
  'cronjob-controller': `
    get,list,update,watch batch cronjobs
    create,delete,get,list,patch,update,watch batch jobs
    update batch cronjobs/finalizers,cronjobs/status
    delete,list core pods`,
  'daemon-set-controller': `
    read apps daemonsets
    update apps daemonsets/finalizers,daemonsets/status
    list,watch core nodes
    create,delete,list,patch,watch core pods
    create core pods/binding
    create,delete,get,list,patch,update,watch apps controllerrevisions`,
  'deployment-controller': `
    get,list,update,watch apps deployments
    update apps deployments/finalizers,deployments/status
    create,delete,get,list,patch,update,watch apps replicasets
    get,list,update,watch core pods`,
  'disruption-controller': `
    read apps deployments,replicasets,statefulsets
    read core replicationcontrollers
    read policy poddisruptionbudgets
    update policy poddisruptionbudgets/status
    list,watch core pods
    patch,update core pods/status
    get * */scale`,
  'endpoint-controller': `
    read core pods,services
    create,delete,get,list,update core endpoints
    create core endpoints/restricted`,
  'endpointslice-controller': `
    read core nodes,pods,services
    update core services/finalizers
    create,delete,get,list,update discovery.k8s.io endpointslices
    create discovery.k8s.io endpointslices/restricted`,
  'endpointslicemirroring-controller': `
    read core endpoints,services
    update core endpoints/finalizers,services/finalizers
    create,delete,get,list,update discovery.k8s.io endpointslices
    create discovery.k8s.io endpointslices/restricted`,
  'ephemeral-volume-controller': `
    read core pods
    update core pods/finalizers
    create,get,list,watch core persistentvolumeclaims`,
  'expand-controller': `
    get,list,patch,update,watch core persistentvolumes
    patch,update core persistentvolumeclaims/status
    read core persistentvolumeclaims`,
  'generic-garbage-collector': `
    delete,get,list,patch,update,watch * *`,
  'horizontal-pod-autoscaler': `
    read autoscaling horizontalpodautoscalers
    update autoscaling horizontalpodautoscalers/status
    get,update * */scale
    list core pods
    list metrics.k8s.io pods
    get,list custom.metrics.k8s.io|external.metrics.k8s.io *`,
  'job-controller': `
    get,list,patch,update,watch batch jobs
    update batch jobs/finalizers,jobs/status
    create,delete,list,patch,watch core pods`,
  'legacy-service-account-token-cleaner': `
    get core configmaps kube-apiserver-legacy-service-account-token-tracking
    delete,patch core secrets`,
  'namespace-controller': `
    delete,get,list,watch core namespaces
    update core namespaces/finalize,namespaces/status
    delete,deletecollection,get,list * *`,
  'node-controller': `
    delete,get,list,patch,update core nodes
    patch,update core nodes/status
    patch,update core pods/status
    delete,get,list core pods`,
  'persistent-volume-binder': `
    create,delete,get,list,update,watch core persistentvolumes
    update core persistentvolumes/status
    get,list,update,watch core persistentvolumeclaims
    update core persistentvolumeclaims/status
    create,delete,get,list,watch core pods
    read storage.k8s.io storageclasses
    get,list core nodes`,
  'pod-garbage-collector': `
    delete,list,watch core pods
    get,list core nodes
    patch core pods/status`,
  'pv-protection-controller': `
    get,list,update,watch core persistentvolumes`,
  'pvc-protection-controller': `
    get,list,update,watch core persistentvolumeclaims
    read core pods`,
  'replicaset-controller': `
    get,list,update,watch apps replicasets
    update apps replicasets/finalizers,replicasets/status
    create,delete,list,patch,watch core pods`,
  'replication-controller': `
    get,list,update,watch core replicationcontrollers
    update core replicationcontrollers/finalizers,replicationcontrollers/status
    create,delete,list,patch,watch core pods`,
  'resource-claim-controller': `
    read core pods
    update core pods/finalizers
    create,delete,get,list,watch resource.k8s.io resourceclaims
    patch,update resource.k8s.io resourceclaims/status
    patch core pods/status`,
  'resourcequota-controller': `
    list,watch * *
    update core resourcequotas/status`,
  'root-ca-cert-publisher': `
    create,update core configmaps`,
  'service-account-controller': `
    create core serviceaccounts`,
  'service-cidrs-controller': `
    get,list,patch,update,watch networking.k8s.io servicecidrs
    patch,update networking.k8s.io servicecidrs/finalizers,servicecidrs/status
    read networking.k8s.io ipaddresses`,
  'statefulset-controller': `
    read core pods
    read apps statefulsets
    update apps statefulsets/finalizers,statefulsets/status
    create,delete,get,patch,update core pods
    create,delete,get,list,patch,update,watch apps controllerrevisions
    create,get core persistentvolumeclaims
    list,update,watch core persistentvolumeclaims`,
  'ttl-after-finished-controller': `
    delete,get,list,watch batch jobs`,
  'ttl-controller': `
    list,patch,update,watch core nodes`,
  'validatingadmissionpolicy-status-controller': `
    get,list,watch admissionregistration.k8s.io validatingadmissionpolicies
    get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status`,
  'volumeattributesclass-protection-controller': `
    get,list,update,watch storage.k8s.io volumeattributesclasses
    read core persistentvolumeclaims,persistentvolumes`,
};

/** All of them tell of what they do in events. */
export const rulesOfController = (rules: string) => `${rules}\n${EVENTS}`;
