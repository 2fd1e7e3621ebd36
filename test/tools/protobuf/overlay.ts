type Notation = Readonly<Record<string, string>>;

/** Types of the API aggregator, which client programs do not link. */
export const EXTRA_MESSAGES: Readonly<Record<string, Notation>> = {
  'apiregistration.v1.APIService': {
    metadata: '1 meta.v1.ObjectMeta!',
    spec: '2 apiregistration.v1.APIServiceSpec!',
    status: '3 apiregistration.v1.APIServiceStatus!',
  },
  'apiregistration.v1.APIServiceSpec': {
    service: '1 apiregistration.v1.ServiceReference*',
    group: '2 string',
    version: '3 string',
    insecureSkipTLSVerify: '4 bool',
    caBundle: '5 bytes',
    groupPriorityMinimum: '7 int32!',
    versionPriority: '8 int32!',
  },
  'apiregistration.v1.APIServiceStatus': { conditions: '1 apiregistration.v1.APIServiceCondition[]' },
  'apiregistration.v1.APIServiceCondition': {
    type: '1 string!',
    status: '2 string!',
    lastTransitionTime: '3 Time!',
    reason: '4 string',
    message: '5 string',
  },
  'apiregistration.v1.ServiceReference': { namespace: '1 string', name: '2 string', port: '3 int32*' },
};

/**
 * Fields that Kubernetes has removed and that clients from before send with every object, empty: nothing is lost with them.
 * Removed fields that were only sent when set are not here: they are refused as unknown.
 */
export const REMOVED_FIELDS: Readonly<Record<string, Notation>> = {
  'meta.v1.ObjectMeta': { '-clusterName': '15 string' },
  'core.v1.EphemeralVolumeSource': { '-readOnly': '2 bool' },
};
