/** The scheduler says with it where a claim that waited for a consumer is wanted. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** The binding is the cluster's own, not an administrator's. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** The claim has its volume, or had it once. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
