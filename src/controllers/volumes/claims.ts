import { equalJson, isStatus } from '../../base/index.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classNameOf,
  defaultStorageClass,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
  type ObjectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideClaim, PROVISIONER } from './claim.ts';
import { bound, unbound, type ClaimStatus } from './claimstatus.ts';
import type { LocalVolumes } from './controller.ts';
import { claimReference, newVolume, volumeName } from './newvolume.ts';
import { claimsUsedBy } from './users.ts';

const USERS = 'controllers/claims';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

export function claimReconciler({ client, events }: ControllerContext, local: LocalVolumes): Reconcile {
  const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
  const volumes = client.informer(PERSISTENT_VOLUMES);
  const classes = client.informer(STORAGE_CLASSES);
  const nodes = client.informer(NODES);
  const pods = client.informer(PODS);
  pods.index(USERS, claimsUsedBy);

  return async (key: ObjectKey): Promise<Outcome> => {
    const claim = claims.get(key);
    if (!claim || claim.metadata.deletionTimestamp) return SETTLED;
    const storageClass = classes.get(classNameOf(claim) ?? '');
    const waiting = pods.by(USERS, key).filter((pod) => !isTerminal(pod) && !pod.spec.nodeName);
    const fate = decideClaim({
      claim,
      volumes: volumes.list(),
      storageClass,
      defaultClass: defaultStorageClass(classes.list()),
      unscheduled: waiting.map(({ metadata }) => metadata.name),
      nodes: nodes.list(),
    });
    const about = { kind: PERSISTENT_VOLUME_CLAIMS, object: claim };
    switch (fate.kind) {
      case 'bind':
        await bind(claim, fate.volume);
        return SETTLED;
      case 'lost':
        if (claim.status?.phase === 'Lost') return SETTLED;
        await writeStatus(claim, unbound(claim.status, 'Lost'));
        events.event(about, fate.type, fate.reason, fate.message);
        return SETTLED;
      case 'classify':
        await client.update(PERSISTENT_VOLUME_CLAIMS, { ...claim, spec: { ...claim.spec, storageClassName: fate.className } });
        return SETTLED;
      case 'provision':
        await provision(claim, storageClass!, fate.node);
        return SETTLED;
      case 'external': {
        const marked = await mark(claim, provisionedBy(fate.provisioner));
        events.event(about, 'Normal', 'ExternalProvisioning', fate.message);
        await writeStatus(marked, unbound(marked.status, 'Pending'));
        return SETTLED;
      }
      case 'wait':
        events.event(about, fate.type, fate.reason, fate.message);
        await writeStatus(claim, unbound(claim.status, 'Pending'));
        return SETTLED;
    }
  };

  /** Under a name of the claim's own: a repeated creation finds the first. */
  async function provision(claim: PersistentVolumeClaim, storageClass: StorageClass, node: string): Promise<void> {
    const about = { kind: PERSISTENT_VOLUME_CLAIMS, object: claim };
    const name = volumeName(claim);
    try {
      await client.create(PERSISTENT_VOLUMES, newVolume(claim, storageClass, node, local.pathOf(name)));
      events.event(about, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name} using ${PROVISIONER}`);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  /** The volume first: a claim that names it must find itself named. */
  async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { claimRef } = volume.spec;
    if (claimRef?.uid !== claim.metadata.uid) {
      const metadata = claimRef ? volume.metadata : annotated(volume.metadata, { [BOUND_BY_CONTROLLER]: 'yes' });
      await client.update(PERSISTENT_VOLUMES, { ...volume, metadata, spec: { ...volume.spec, claimRef: claimReference(claim) } });
    }
    let present = claim;
    if (!claim.spec.volumeName || claim.metadata.annotations?.[BIND_COMPLETED] !== 'yes') {
      const provisioner = volume.metadata.annotations?.[PROVISIONED_BY];
      const marks = {
        ...(provisioner ? provisionedBy(provisioner) : {}),
        [BIND_COMPLETED]: 'yes',
        ...(claim.spec.volumeName ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }),
      };
      const spec = { ...claim.spec, volumeName: volume.metadata.name };
      present = await client.update(PERSISTENT_VOLUME_CLAIMS, { ...claim, metadata: annotated(claim.metadata, marks), spec });
    }
    await writeStatus(present, bound(present.status, volume));
  }

  async function mark(claim: PersistentVolumeClaim, marks: Readonly<Record<string, string>>): Promise<PersistentVolumeClaim> {
    const metadata = annotated(claim.metadata, marks);
    return equalJson(metadata, claim.metadata) ? claim : client.update(PERSISTENT_VOLUME_CLAIMS, { ...claim, metadata });
  }

  async function writeStatus(claim: PersistentVolumeClaim, status: ClaimStatus): Promise<void> {
    if (!equalJson(status, claim.status)) await client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...claim, status }).catch(ignoreNotFound);
  }
}

/** Under the old name, too: some provisioners still look for it. */
const provisionedBy = (provisioner: string) => ({
  'volume.beta.kubernetes.io/storage-provisioner': provisioner,
  'volume.kubernetes.io/storage-provisioner': provisioner,
});

function annotated<M extends PersistentVolumeClaim['metadata']>(metadata: M, added: Readonly<Record<string, string>>): M {
  return { ...metadata, annotations: { ...metadata.annotations, ...added } };
}
