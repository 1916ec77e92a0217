/** Kubernetes manifests as far as tests look into them. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { manifestFile } from './kubernetes-tools';

export const DEPLOYMENTS = ['single-pod', 'worker-pool', 'publisher'] as const;

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly Variable[];
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly privileged?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly resources?: Resources;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
}

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly (Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  })[];
}

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: PodSpec };
    readonly [name: string]: unknown;
  };
}

/** A manifest that has pods, with their labels. */
export interface Workload extends Manifest {
  readonly labels: Readonly<Record<string, string>>;
  readonly component: string;
  readonly pod: PodSpec;
}

export function readManifests(deployment: string): Manifest[] {
  return parseManifests(readFileSync(manifestFile(deployment), 'utf8'));
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((document) => document !== null);
}

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    const template = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(manifest.kind) ? manifest.spec.template : undefined;
    if (template === undefined) return [];
    const { labels } = template.metadata;
    return [{ ...manifest, labels, component: labels['app.kubernetes.io/component'] ?? '', pod: template.spec }];
  });
}

export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

/** The text of tallyline.yaml that its pods read. */
export function configTextOf({ pod }: Workload, manifests: readonly Manifest[]): string {
  const name = pod.volumes?.find(({ configMap }) => configMap !== undefined)?.configMap?.name;
  return ofKind(manifests, 'ConfigMap').find(({ metadata }) => metadata.name === name)?.data?.['tallyline.yaml'] ?? '';
}

/** In cores: `500m` is a half. */
export function coresOf(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}

/** Whether what selects by these labels takes a pod with those. */
export function selects(wanted: Readonly<Record<string, string>> = {}, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
