/** Prometheus's rules from the catalogue of alerts, as plain data: the caller writes YAML of it. */
import { ALERTS, type AlertEntry } from './alert-catalogue';
import { recordingRules } from './objectives';
import { MINUTE_MS, type Pace } from './pace';

export interface RulesOptions {
  readonly pace: Pace;
  /** Where the runbooks are read, without a slash at the end. */
  readonly runbooks: string;
}

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly interval: string; readonly rules: readonly Rule[] }[];
}

export function renderRules({ pace, runbooks }: RulesOptions): RuleGroups {
  const interval = pace.duration(MINUTE_MS / 2);
  const alerts = Object.entries(ALERTS).map(([name, entry]) => alertRule(name, entry, { pace, runbooks }));
  // In one group, which is evaluated in order: the alerts see what was recorded the moment before.
  return { groups: [{ name: 'tallyline', interval, rules: [...recordingRules(pace), ...alerts] }] };
}

function alertRule(name: string, entry: AlertEntry, { pace, runbooks }: RulesOptions): Rule {
  const { expression, forMs, severity, summary, consequence, runbook } = entry;
  return {
    alert: name,
    expr: expression(pace),
    ...(forMs > 0 && { for: pace.duration(forMs) }),
    labels: { severity },
    annotations: { summary, description: consequence, runbook_url: `${runbooks}/${runbook}.md` },
  };
}
