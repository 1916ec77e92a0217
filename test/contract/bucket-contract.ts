/** What every bucket must keep, whatever lies behind it. An implementation calls this with a way to prepare an empty one. */
import { listingContract } from './bucket-contract-listing';
import { objectContract } from './bucket-contract-objects';
import { refusalContract } from './bucket-contract-refusals';
import { versionContract } from './bucket-contract-versions';
import type { PrepareBucket } from './bucket-driver';

export function bucketContract(name: string, prepare: PrepareBucket): void {
  describe.each(['none', 'enabled'] as const)(`bucket contract: ${name}, versioning %s`, (versioning) => {
    listingContract(() => prepare(versioning));
    objectContract(() => prepare(versioning));
  });
  describe(`bucket contract: ${name}`, () => {
    versionContract(prepare);
    refusalContract(() => prepare('none'));
  });
}
