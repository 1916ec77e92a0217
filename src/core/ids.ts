/** The names under which Temporal and the sink know things. */
import { canonicalJson } from './canonical-json';
import type { Plan } from './plan';

export interface FileIdentity {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly sourceKey: string;
  readonly generation: string;
}

/** Different files give different text; a fileId is the first 32 hex digits of its sha256. */
export function fileIdentity({ pipeline, sourceId, sourceKey, generation }: FileIdentity): string {
  return canonicalJson(['file', pipeline, sourceId, sourceKey, generation]);
}

/** Different plans give different text; a planDigest is its sha256. */
export function planText(plan: Plan): string {
  return canonicalJson(plan);
}

export function scanWorkflowId(pipeline: string, sourceId: string): string {
  return `scan:${pipeline}:${sourceId}`;
}

export function fileWorkflowId(pipeline: string, fileId: string, version: number): string {
  return `file:${pipeline}:${fileId}:${version}`;
}

export function aggregateWorkflowId(pipeline: string): string {
  return `aggregate:${pipeline}`;
}

export function planWorkflowId(pipeline: string, text: string): string {
  return `plan:${pipeline}:${text}`;
}

/** Of the schedule and of the runs that it starts. */
export function verifyWorkflowId(pipeline: string): string {
  return `verify:${pipeline}`;
}

export function backfillWorkflowId(pipeline: string, text: string): string {
  return `backfill:${pipeline}:${text}`;
}
