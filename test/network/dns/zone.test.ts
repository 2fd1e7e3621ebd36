import { describe, expect, test } from 'vitest';
import { addressInName, lookUp, lookUpAddress, type Entry } from '../../../src/network/dns/zone.ts';
import { ALIAS, DB, DB_SLICE, directoryOf, DNS, DUAL, OUTSIDE, service, slice, WEB } from './samples.ts';

const [QUIET, BARE, BY_ADDRESS] = [
  service('quiet', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
  service('bare', { clusterIP: 'None' }),
  service('by-address', { type: 'ExternalName', externalName: '192.0.2.7' }),
];
const SLICES = [
  DB_SLICE,
  slice('quiet', [{ addresses: ['10.244.0.8'], conditions: { ready: false } }], [{ name: 'sql', port: 5432, protocol: 'TCP' }]),
  slice('bare', [{ addresses: ['10.244.0.9'] }]),
  slice('web', [{ addresses: ['10.244.0.11'], hostname: 'web-0' }], [{ name: 'http', port: 8080, protocol: 'TCP' }]),
];
const directory = directoryOf([WEB, DUAL, DB, OUTSIDE, ALIAS, QUIET, BARE, BY_ADDRESS, DNS], SLICES);

function found(name: string): string {
  const entries = lookUp(name === '' ? [] : name.split('.').toReversed(), directory, 'cluster.local');
  return entries === 'absent' ? 'absent' : entries.map(words).join(', ');
}

function words(entry: Entry): string {
  switch (entry.type) {
    case 'SRV':
      return `SRV ${entry.port} ${entry.target} (${entry.address})`;
    case 'NS':
      return `NS ${entry.target} (${entry.address})`;
    case 'CNAME':
    case 'PTR':
      return `${entry.type} ${entry.target}`;
    case 'TXT':
      return `TXT ${entry.text}`;
    default:
      return `${entry.type} ${entry.address}`;
  }
}

describe('a name', () => {
  test.each([
    ['web.shop.svc', 'A 10.96.0.20, SRV 80 web.shop.svc.cluster.local (10.96.0.20), SRV 53 web.shop.svc.cluster.local (10.96.0.20)'],
    [
      'dual.shop.svc',
      'A 10.96.0.21, AAAA fd00::21, SRV 80 dual.shop.svc.cluster.local (10.96.0.21), SRV 80 dual.shop.svc.cluster.local (fd00::21)',
    ],
    ['_http._tcp.web.shop.svc', 'A 10.96.0.20, SRV 80 web.shop.svc.cluster.local (10.96.0.20)'],
    ['_dns._udp.web.shop.svc', 'A 10.96.0.20, SRV 53 web.shop.svc.cluster.local (10.96.0.20)'],
    ['_http._udp.web.shop.svc', 'absent'],
    ['_._tcp.dual.shop.svc', 'absent'],
    ['_tcp.web.shop.svc', ''],
    ['_sctp.web.shop.svc', 'absent'],
    ['x.web.shop.svc', 'absent'],
    ['web-0.web.shop.svc', 'A 10.244.0.11, SRV 8080 web-0.web.shop.svc.cluster.local (10.244.0.11)'],
    ['x.web-0.web.shop.svc', 'absent'],
    [
      'db.shop.svc',
      'A 10.244.0.5, A 10.244.0.6, SRV 5432 db-0.db.shop.svc.cluster.local (10.244.0.5), SRV 5432 10-244-0-6.db.shop.svc.cluster.local (10.244.0.6)',
    ],
    ['db-0.db.shop.svc', 'A 10.244.0.5, SRV 5432 db-0.db.shop.svc.cluster.local (10.244.0.5)'],
    ['10-244-0-6.db.shop.svc', 'A 10.244.0.6, SRV 5432 10-244-0-6.db.shop.svc.cluster.local (10.244.0.6)'],
    ['db-2.db.shop.svc', 'absent'],
    [
      '_sql._tcp.db.shop.svc',
      'A 10.244.0.5, A 10.244.0.6, SRV 5432 db-0.db.shop.svc.cluster.local (10.244.0.5), SRV 5432 10-244-0-6.db.shop.svc.cluster.local (10.244.0.6)',
    ],
    ['quiet.shop.svc', 'absent'],
    ['_sql._tcp.quiet.shop.svc', 'absent'],
    ['bare.shop.svc', 'A 10.244.0.9'],
    ['by-address.shop.svc', 'absent'],
    ['outside.shop.svc', 'CNAME example.com'],
    ['x.outside.shop.svc', 'absent'],
    ['none.shop.svc', 'absent'],
    ['web.empty.svc', 'absent'],
    ['web.nowhere.svc', 'absent'],
    ['shop.svc', ''],
    ['nowhere.svc', 'absent'],
    ['svc', ''],
    ['', 'NS kube-dns.kube-system.svc.cluster.local (10.96.0.10)'],
    ['ns.dns', 'A 10.96.0.10'],
    ['x.ns.dns', 'absent'],
    ['other', 'absent'],
    ['10-244-0-5.shop.pod', 'A 10.244.0.5'],
    ['10-244-0-999.shop.pod', 'absent'],
    ['fd00--5.shop.pod', 'AAAA fd00::5'],
    ['web.shop.pod', 'absent'],
    ['dns-version', 'TXT 1.1.0'],
  ])('%s: %s', (name, entries) => expect(found(name)).toBe(entries));
});

describe('an address', () => {
  test.each([
    ['10.96.0.10', 'PTR kube-dns.kube-system.svc.cluster.local'],
    ['10.96.0.20', 'PTR web.shop.svc.cluster.local'],
    ['fd00::21', 'PTR dual.shop.svc.cluster.local'],
    ['10.244.0.5', 'PTR db-0.db.shop.svc.cluster.local'],
    ['10.244.0.11', 'PTR web-0.web.shop.svc.cluster.local'],
    ['10.244.0.6', ''],
    ['10.9.9.9', ''],
  ])('%s: %s', (address, names) => {
    expect(lookUpAddress(address, directory, 'cluster.local').map(words).join(', ')).toBe(names);
  });

  test.each([
    ['20.0.96.10.in-addr.arpa', '10.96.0.20'],
    ['96.10.in-addr.arpa', undefined],
    [`1.2.0.0.${'0.'.repeat(24)}0.0.d.f.ip6.arpa`, 'fd00::21'],
    [`1.${'0.'.repeat(31)}ip6.arpa`, '::1'],
    ['web.shop', undefined],
  ])('in the name %s is %s', (name, address) => expect(addressInName(name)).toBe(address));
});
