/** What a small cluster on loopback runs with. Everything of it lies in one folder. */
import { join } from 'node:path';
import type { CephPlace } from './ceph-place';

/** The disk is a sparse file of this size. */
const DISK_BYTES = 4 * 1024 ** 3;

export function cephSettings(place: CephPlace, more: Readonly<Record<string, string>>): string {
  const within = (name: string) => join(place.folder, name);
  const settings: Record<string, string> = {
    fsid: place.clusterId,
    mon_host: place.monitorAddress,
    public_addr: '127.0.0.1',
    cluster_addr: '127.0.0.1',
    ms_bind_msgr1: 'false',
    keyring: within('keyring'),
    mon_data: within('mon'),
    osd_data: within('osd'),
    mds_data: within('mds'),
    rgw_data: within('rgw'),
    run_dir: within('run'),
    crash_dir: within('log'),
    log_file: within('log/$name.log'),
    mon_cluster_log_file: within('log/cluster.log'),
    rgw_frontends: `beast endpoint=127.0.0.1:${place.gatewayPort} tcp_nodelay=1`,
    // One copy of everything on one disk.
    osd_pool_default_size: '1',
    osd_pool_default_pg_num: '8',
    osd_pool_default_pg_autoscale_mode: 'off',
    mon_allow_pool_size_one: 'true',
    mon_data_avail_crit: '1',
    auth_allow_insecure_global_id_reclaim: 'false',
    bluestore_block_size: String(DISK_BYTES),
    bluestore_cache_autotune: 'false',
    bluestore_cache_size: String(128 * 1024 ** 2),
    // A new map waits no second, and a closed disk no quarter of one; a new disk is not checked.
    paxos_propose_interval: '0.05',
    bdev_aio_poll_ms: '10',
    bluestore_fsck_on_mkfs: 'false',
    rgw_thread_pool_size: '64',
    // A change of a bucket waits for the gateways that watch, also for one that was killed: not for half a minute.
    osd_client_watch_timeout: '3',
    objecter_tick_interval: '0.5',
    ...more,
  };
  return `[global]\n${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}`;
}

export function cephKeyring({ key }: CephPlace): string {
  return ['mon.', 'osd.0', 'mds.a', 'client.admin', 'client.rgw']
    .map((entity) => `[${entity}]\nkey = ${key}\n${['mon', 'osd', 'mds'].map((kind) => `caps ${kind} = "allow *"\n`).join('')}`)
    .join('');
}
