/** What goes between an agent, which has files and no database, and the intake, which has a database and no files. */
import type { BackfillChoice } from './backfill-choice';
import type {
  AdmitFileResult,
  CancelFileResult,
  CountSplitInput,
  CountSplitResult,
  FileActivityInput,
  HandOverResult,
  ListBackfillResult,
  ListSourceResult,
  PipelineInput,
  ScanActivities,
  ScanSettings,
} from './activity-types';

export interface AgentInput extends PipelineInput {
  readonly sourceId: string;
}

export interface ListForIntakeInput extends AgentInput {
  readonly cursor: string | null;
  /** Of the stretches before this one. */
  readonly problem: string | null;
}

/** One bounded stretch of a listing. What was found lies in the exchange. */
export interface AgentListing {
  /** Null: the listing is complete. */
  readonly cursor: string | null;
  readonly problem: string | null;
  readonly listed: number;
  /** When it began and how long it took, by the clock of the agent, which also dates what was modified. */
  readonly lookedAtMs: number;
  readonly tookMs: number;
  /** Files are settled only once they are marked. */
  readonly isMarkRequired: boolean;
  /** Names under which the exchange has the pages. */
  readonly pages: readonly string[];
}

export interface RegisterListingInput extends AgentInput {
  readonly listing: AgentListing;
  readonly isFirst: boolean;
  readonly startedAtMs: number;
}

export interface BackfillRoom {
  /** How many files may be started now. */
  readonly roomFiles: number;
  readonly settings: ScanSettings;
}

export interface ChooseForIntakeInput extends AgentInput {
  readonly choice: BackfillChoice;
  readonly cursor: string | null;
  readonly pageFiles: number;
}

export interface ChosenListing extends AgentListing {
  readonly hasMore: boolean;
  /** Chosen keys under which there is no file. */
  readonly absent: number;
}

export interface RegisterChosenInput extends AgentInput {
  readonly chosen: ChosenListing;
}

/** One generation of a file on the volume of the agent. */
export interface AgentFile {
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
}

/** Its plan lies in the exchange. */
export interface AdmitForAgentResult extends AdmitFileResult {
  /** Null: there is nothing to count. */
  readonly file: AgentFile | null;
}

export interface CountForIntakeInput extends CountSplitInput {
  readonly file: AgentFile;
  /** What the last attempt said while it was alive, where it was given up because the agent was away. */
  readonly heartbeat?: unknown;
}

export interface CountForIntakeResult extends CountSplitResult {
  /** Which record spans lines, so that the split cannot be counted by this plan. */
  readonly spanningRecord?: string;
}

export interface AgentActivities {
  listForIntake(input: ListForIntakeInput): Promise<AgentListing>;
  chooseForIntake(input: ChooseForIntakeInput): Promise<ChosenListing>;
  /** Stores the partial in the exchange. */
  countForIntake(input: CountForIntakeInput): Promise<CountForIntakeResult>;
}

/** They need the database and the exchange, and no file. */
export interface IntakeActivities extends Pick<ScanActivities, 'readScanSettings' | 'nextFiles' | 'reportIncompleteScan' | 'watchFiles'> {
  registerListing(input: RegisterListingInput): Promise<ListSourceResult>;
  readBackfillRoom(input: AgentInput): Promise<BackfillRoom>;
  registerChosen(input: RegisterChosenInput): Promise<ListBackfillResult>;
  admitForAgent(input: FileActivityInput): Promise<AdmitForAgentResult>;
  /** The file gets a plan of one split. */
  replacePlan(input: CountSplitInput & { readonly spanningRecord: string }): Promise<CountSplitResult>;
  /** Always fails, with the code under which the file is set aside, or `fenced`. */
  setAside(input: FileActivityInput & { readonly reason: string; readonly detail: string }): Promise<never>;
  /** Takes in the partials, marks the file counted, wakes the aggregation and ends when the file is applied. */
  handOver(input: FileActivityInput): Promise<HandOverResult>;
  cancelFile(input: FileActivityInput): Promise<CancelFileResult>;
  reportAgentAway(input: AgentInput & { readonly waitedMs: number }): Promise<void>;
}
