/** The search attributes of Tallyline's workflows, written once: set-up, workflows and docs use this table. */
import { defineSearchAttributeKey } from '@temporalio/common';

export const pipelineAttribute = defineSearchAttributeKey('TallylinePipeline', 'KEYWORD');
/** The escaped sourceKey cut to 200 bytes plus a digest; the full key is in the memo. */
export const fileAttribute = defineSearchAttributeKey('TallylineFile', 'KEYWORD');
/** counting, in, alias, or the code under which the file workflow failed. */
export const stateAttribute = defineSearchAttributeKey('TallylineState', 'KEYWORD');
export const bytesAttribute = defineSearchAttributeKey('TallylineBytes', 'INT');
export const rejectsAttribute = defineSearchAttributeKey('TallylineRejects', 'INT');

/** Temporal's own: when a run of a schedule was due. */
export const scheduledStartAttribute = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export const SEARCH_ATTRIBUTES = [pipelineAttribute, fileAttribute, stateAttribute, bytesAttribute, rejectsAttribute] as const;
