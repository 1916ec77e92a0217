/** What opens a bucket, as plain data: it crosses thread edges, so it names credentials and never holds them. */
export interface BucketOptions {
  /** URL; without it the one of the provider for this region. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** The bucket's name stands in the path, not in the host name. */
  readonly pathStyle: boolean;
  /** A profile of the SDK's own credential files; without it the SDK's own chain (environment, files, roles). */
  readonly profile?: string;
  /** Requests of one process that are under way at once. */
  readonly requests: number;
}
