/**
 * Alertmanager's configuration as plain data: pages and tickets to Slack, grouped by what one person would look at together, the watchdog to
 * whoever alarms when it stays away. https://prometheus.io/docs/alerting/latest/configuration/
 */
import { budgetAlertName, OBJECTIVES } from './objectives';
import { HOUR_MS, MINUTE_MS, type Pace } from './pace';

export interface AlertmanagerOptions {
  readonly pace: Pace;
  /** A file that holds the address of Slack's incoming webhook, which is a secret. */
  readonly slackUrlFile: string;
  /** Where the watchdog is sent every five minutes. */
  readonly watchdogUrl: string;
  readonly pageChannel: string;
  readonly ticketChannel: string;
}

/** What these explain of the same pipeline is not told beside them. */
const EXPLAINED = ['TallylineFilesLate', 'TallylineBacklogGrows', 'TallylineScanMissed', 'TallylineVerifyMissed'];
const EXPLAINED_OBJECTIVES = OBJECTIVES.flatMap((objective) => [budgetAlertName(objective, 'page'), budgetAlertName(objective, 'ticket')]);
const CAUSES = ['TallylineNoWorker', 'TallylineSinkDown', 'TallylinePipelineStopped'];

const TITLE =
  '{{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}RESOLVED{{ end }} {{ .CommonLabels.alertname }}{{ with .CommonLabels.pipeline }} of {{ . }}{{ end }}';
const TEXT = `{{ range .Alerts }}{{ .Annotations.summary }}. {{ .Annotations.description }}
<{{ .Annotations.runbook_url }}|Runbook>
{{ end }}`;

export function renderAlertmanager({ pace, slackUrlFile, watchdogUrl, pageChannel, ticketChannel }: AlertmanagerOptions): object {
  const slack = (name: string, channel: string, color: string) => ({
    name,
    slack_configs: [
      {
        api_url_file: slackUrlFile,
        channel,
        send_resolved: true,
        color: `{{ if eq .Status "firing" }}${color}{{ else }}good{{ end }}`,
        title: TITLE,
        title_link: '{{ (index .Alerts 0).Annotations.runbook_url }}',
        text: TEXT,
        fallback: TITLE,
      },
    ],
  });
  return {
    route: {
      receiver: 'tickets',
      group_by: ['alertname', 'pipeline'],
      group_wait: pace.duration(MINUTE_MS / 2),
      group_interval: pace.duration(5 * MINUTE_MS),
      repeat_interval: pace.duration(24 * HOUR_MS),
      routes: [
        {
          matchers: ['severity="watchdog"'],
          receiver: 'watchdog',
          group_wait: pace.duration(MINUTE_MS / 2),
          group_interval: pace.duration(MINUTE_MS),
          repeat_interval: pace.duration(5 * MINUTE_MS),
        },
        { matchers: ['severity="page"'], receiver: 'pages', repeat_interval: pace.duration(4 * HOUR_MS) },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: [`alertname=~"${CAUSES.join('|')}"`],
        target_matchers: [`alertname=~"${[...EXPLAINED, ...EXPLAINED_OBJECTIVES].join('|')}"`],
        equal: ['pipeline'],
      },
      // Without a worker nobody says how the sink is.
      { source_matchers: ['alertname="TallylineNoWorker"'], target_matchers: ['alertname="TallylineSinkDown"'], equal: ['pipeline'] },
      ...OBJECTIVES.map((objective) => ({
        source_matchers: [`alertname="${budgetAlertName(objective, 'page')}"`],
        target_matchers: [`alertname="${budgetAlertName(objective, 'ticket')}"`],
        equal: ['pipeline'],
      })),
    ],
    receivers: [
      slack('pages', pageChannel, 'danger'),
      slack('tickets', ticketChannel, 'warning'),
      { name: 'watchdog', webhook_configs: [{ url: watchdogUrl, send_resolved: false }] },
    ],
  };
}
