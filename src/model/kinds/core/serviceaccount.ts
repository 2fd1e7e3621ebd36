import { dns1123Subdomain } from '../../meta/index.ts';
import { SERVICE_ACCOUNTS, type ServiceAccount } from '../../types/index.ts';
import { AGE, ageOf, NAME } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

export const SERVICE_ACCOUNT = declareKind<ServiceAccount>({
  ref: SERVICE_ACCOUNTS,
  schema: { definition: 'core.v1.ServiceAccount' },
  name: dns1123Subdomain,
  shortNames: ['sa'],
  subresources: ['token'],
  columns: [NAME, AGE],
  row: (account, clock) => [account.metadata.name, ageOf(account, clock)],
});
