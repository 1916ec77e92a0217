/** Where the files of deploy/ find each other and the runbooks. */
export const RUNBOOKS = 'https://github.com/tallyline/tallyline/blob/main/docs/runbooks';

/** Names of services and files as docker-compose.yml has them. */
export const COMPOSE_TARGETS = {
  prometheus: {
    targets: ['orchestrate:9464', 'count:9464', 'apply:9464'],
    alertmanagers: ['alertmanager:9093'],
    rulesFile: '/etc/prometheus/rules.yaml',
  },
  alertmanager: {
    slackUrlFile: '/run/secrets/slack-url',
    watchdogUrl: 'http://watchdog.invalid/replace-me',
    pageChannel: '#tallyline-pages',
    ticketChannel: '#tallyline-tickets',
  },
} as const;
