const EVENTS = 'create,patch,update core|events.k8s.io events';

/** What the parts of a control plane and its nodes may do. */
export const COMPONENTS: Readonly<Record<string, string>> = {
  'system:node': `
    create authentication.k8s.io tokenreviews
    create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
    read core services
    create,get,list,watch core nodes
    patch,update core nodes/status
    patch,update core nodes
    create,patch,update core events
    read core pods
    create,delete core pods
    patch,update core pods/status
    create core pods/eviction
    read core configmaps,secrets
    get core persistentvolumeclaims,persistentvolumes
    get core endpoints
    create,get,list,watch certificates.k8s.io certificatesigningrequests
    create,delete,get,patch,update coordination.k8s.io leases
    get storage.k8s.io volumeattachments
    create core serviceaccounts/token
    get,patch,update core persistentvolumeclaims/status
    read storage.k8s.io csidrivers
    create,delete,get,patch,update storage.k8s.io csinodes
    read node.k8s.io runtimeclasses
    get resource.k8s.io resourceclaims
    deletecollection resource.k8s.io resourceslices
    get core serviceaccounts`,
  'system:node-proxier': `
    list,watch core endpoints,services
    read core nodes
    ${EVENTS}
    list,watch discovery.k8s.io endpointslices
    list,watch networking.k8s.io servicecidrs`,
  'system:node-problem-detector': `
    get core nodes
    patch core nodes/status
    ${EVENTS}`,
  'system:node-bootstrapper': `
    create,get,list,watch certificates.k8s.io certificatesigningrequests`,
  'system:kube-scheduler': `
    ${EVENTS}
    create coordination.k8s.io leases
    get,list,update,watch coordination.k8s.io leases kube-scheduler
    read core nodes
    delete,get,list,watch core pods
    create core bindings,pods/binding
    patch,update core pods/status
    read core replicationcontrollers,services
    read apps replicasets,statefulsets
    read policy poddisruptionbudgets
    read core persistentvolumeclaims,persistentvolumes
    create authentication.k8s.io tokenreviews
    create authorization.k8s.io subjectaccessreviews
    read storage.k8s.io csinodes,csidrivers,csistoragecapacities,volumeattachments
    read core namespaces
    read resource.k8s.io deviceclasses,resourceslices
    get,list,patch,update,watch resource.k8s.io resourceclaims
    patch,update resource.k8s.io resourceclaims/status`,
  'system:volume-scheduler': `
    get,list,patch,update,watch core persistentvolumes
    read storage.k8s.io storageclasses
    get,list,patch,update,watch core persistentvolumeclaims`,
  'system:kube-controller-manager': `
    ${EVENTS}
    create coordination.k8s.io leases
    get,update coordination.k8s.io leases kube-controller-manager
    create core secrets,serviceaccounts
    delete core secrets
    get core configmaps,namespaces,secrets,serviceaccounts
    update core secrets,serviceaccounts
    create authentication.k8s.io tokenreviews
    create authorization.k8s.io subjectaccessreviews
    list,watch * *
    create core serviceaccounts/token`,
  'system:kube-dns': `
    list,watch core endpoints,services`,
  'system:kube-aggregator': `
    read core endpoints,services
    read discovery.k8s.io endpointslices`,
  'system:persistent-volume-provisioner': `
    create,delete,get,list,watch core persistentvolumes
    get,list,update,watch core persistentvolumeclaims
    read storage.k8s.io storageclasses
    watch core events
    ${EVENTS}`,
};
