/** The sink's side of plans and of verification: both run where the totals are applied. */
import { Context } from '@temporalio/activity';
import type { ApplyActivities, CreatePlanActivityInput, CreatedPlan, PipelineInput, SealedPlan } from '../contracts/activity-types';
import type { VerifyResult } from '../contracts/workflow-types';
import { translated } from './application-failure';
import type { ActivityDependencies } from './dependencies';
import { heartbeating } from './heartbeating';
import { pipelineSettings } from './pipeline-runtime';

export function createPlanActivities(dependencies: ActivityDependencies): Pick<ApplyActivities, 'createPlan' | 'sealPlan' | 'verifySink'> {
  const { sink, metrics, now } = dependencies;

  async function createPlan({ pipeline, planId, description, allowances, lifetimeMs }: CreatePlanActivityInput): Promise<CreatedPlan> {
    const { policies } = pipelineSettings(dependencies, pipeline);
    const nowMs = now();
    const request = { pipeline, planId, description, allowances, policies, nowMs, expiresMs: nowMs + lifetimeMs };
    const { shadow, expiresMs } = await sink.createPlan(request);
    return { shadow, expiresAt: new Date(expiresMs).toISOString() };
  }

  async function sealPlan({ planId }: { readonly planId: string }): Promise<SealedPlan> {
    const { items } = await sink.sealPlan({ planId });
    const outcomes: Record<string, number> = {};
    for (const { action, outcome } of items) {
      const name = action === 'none' ? outcome : `${action}: ${outcome}`;
      outcomes[name] = (outcomes[name] ?? 0) + 1;
    }
    return { files: items.length, outcomes };
  }

  async function verifySink({ pipeline }: PipelineInput): Promise<VerifyResult> {
    const mismatches = await sink.verify({ pipeline });
    metrics.verified(pipeline, mismatches.length);
    const [first] = mismatches;
    if (first === undefined) return { mismatches: 0, first: null };
    const fact = `${first.check} of ${first.subject}: expected ${first.expected}, found ${first.found}`;
    const reason = `verify found ${mismatches.length} mismatches, the first: ${fact}`;
    Context.current().log.error('the sink contradicts itself, so the pipeline is stopped', {
      pipeline,
      code: 'invariant_violated',
      reason,
    });
    await sink.stop({ pipeline, by: 'verify', reason, nowMs: now() });
    return { mismatches: mismatches.length, first: fact };
  }

  return {
    createPlan: translated(createPlan, metrics.failed),
    sealPlan: translated((input) => heartbeating(() => sealPlan(input)), metrics.failed),
    verifySink: translated((input) => heartbeating(() => verifySink(input)), metrics.failed),
  };
}
