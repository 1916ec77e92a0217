/** What a plan counts, out of an input that people write by hand: a choice of files as a backfill has it, and what the plan may do with them. */
import { TallylineFailure } from '../core/failures';
import { PLAN_FILES_MAX } from '../core/limits';
import type { PlanAllowances } from '../core/plan-choice';

const FLAGS = ['recount', 'release', 'acceptRejects', 'acceptUnterminatedLastLine'] as const;

/** Throws `config_invalid` for an allowance that is none. */
export function parsePlanAllowances(input: unknown): PlanAllowances {
  const given = input as Readonly<Record<string, unknown>>;
  const flags = FLAGS.map((name) => [name, parseFlag(name, given[name])] as const).filter(([, value]) => value);
  const { fileIds, changedFile, duplicateContent } = given;
  if (changedFile !== undefined && changedFile !== 'supersede' && changedFile !== 'count-new')
    throw invalid('changedFile is neither supersede nor count-new');
  if (duplicateContent !== undefined && duplicateContent !== 'count') throw invalid('duplicateContent is not count');
  return {
    ...(Object.fromEntries(flags) as PlanAllowances),
    ...(fileIds !== undefined && { fileIds: parseFileIds(fileIds) }),
    ...(changedFile !== undefined && { changedFile }),
    ...(duplicateContent !== undefined && { duplicateContent }),
  };
}

function parseFlag(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw invalid(`${name} is neither true nor false`);
}

function parseFileIds(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((id) => typeof id === 'string')) throw invalid('fileIds is no list of texts');
  if (value.length === 0 || value.length > PLAN_FILES_MAX)
    throw invalid(`fileIds has ${value.length} entries, and takes 1 to ${PLAN_FILES_MAX}`);
  return value;
}

function invalid(fact: string): TallylineFailure {
  return new TallylineFailure('config_invalid', `a plan cannot be made: ${fact}`);
}
