/** What scripts/generate-deploy.mjs writes into deploy/: by name, as plain data that becomes YAML or JSON by the name's end. */
import { DASHBOARDS } from './dashboard-catalogue';
import { COMPOSE_TARGETS, RUNBOOKS } from './deploy-places';
import { Pace } from './pace';
import { renderAlertmanager } from './render-alertmanager';
import { renderDashboard } from './render-dashboard';
import { renderPrometheus } from './render-prometheus';
import { renderRules } from './render-rules';

export function deployFiles(): Readonly<Record<string, object>> {
  const pace = new Pace();
  const dashboards = DASHBOARDS.map((dashboard): [string, object] => [
    `grafana/dashboards/${dashboard.uid}.json`,
    renderDashboard(dashboard),
  ]);
  const rules = renderRules({ pace, runbooks: RUNBOOKS });
  return {
    'prometheus/rules.yaml': rules,
    // Helm reads no file outside its chart.
    'chart/tallyline/files/rules.yaml': rules,
    'prometheus/prometheus.yaml': renderPrometheus({ pace, ...COMPOSE_TARGETS.prometheus }),
    'alertmanager/alertmanager.yaml': renderAlertmanager({ pace, ...COMPOSE_TARGETS.alertmanager }),
    ...Object.fromEntries(dashboards),
  };
}
