/** What no manifest of ours may do: the restricted profile of Kubernetes' pod security, and some more. */
import type { Container, Manifest, Resources } from './manifests';
import { workloadsOf } from './manifests';

const SECRET_NAME = /PASSWORD|SECRET|TOKEN|_KEY/;
/** A line of a configuration that gives a secret, and no file that holds it; or a login within an address. */
const SECRET_LINE = /(?:password|secret\w*|token|api_?key) *[:=] *\S|\/\/[^/\s:@]+:[^/\s@]+@/i;
const VOLUME_TYPES = ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim'];
const PINNED = /^[^\s@]+(?::(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/;

/** One sentence a violation. */
export function findViolations(manifest: Manifest): string[] {
  const { kind, metadata, data = {}, spec } = manifest;
  const at = `${kind} ${metadata.name}`;
  return [
    ...say(kind === 'Secret', `${at} holds a secret inline`),
    ...say(
      Object.values(data).some((text) => SECRET_LINE.test(text)),
      `${at} has a secret in its data`,
    ),
    ...(kind === 'Cluster' ? resourceViolations(spec['resources'] as Resources | undefined, at) : []),
    ...workloadsOf([manifest]).flatMap(({ pod }) => {
      const { securityContext: context, volumes = [], initContainers = [], containers } = pod;
      const types = volumes.flatMap((volume) => Object.keys(volume).filter((name) => name !== 'name'));
      return [
        ...say(context?.runAsNonRoot !== true || !isUser(context.runAsUser), `${at} may run as root`),
        ...say(context?.seccompProfile?.type !== 'RuntimeDefault', `${at} has no seccomp profile`),
        ...say(pod.hostNetwork === true || pod.hostPID === true || pod.hostIPC === true, `${at} shares what is the host's`),
        ...say(pod.automountServiceAccountToken !== false, `${at} mounts a token of the API server`),
        ...say(!types.every((type) => VOLUME_TYPES.includes(type)), `${at} mounts a volume of another kind: ${types.join(', ')}`),
        ...[...initContainers, ...containers].flatMap((container) => containerViolations(container, `${at}, ${container.name}`)),
        ...containers
          .filter(({ livenessProbe, readinessProbe }) => !livenessProbe || !readinessProbe)
          .map(({ name }) => `${at}, ${name} is not probed`),
      ];
    }),
  ];
}

function containerViolations({ image = '', env = [], resources, securityContext: context = {} }: Container, at: string): string[] {
  const { drop = [], add = [] } = context.capabilities ?? {};
  return [
    ...say(context.runAsNonRoot === false || !isUser(context.runAsUser ?? 1), `${at} may run as root`),
    ...say(context.privileged === true || context.allowPrivilegeEscalation !== false, `${at} may gain privileges`),
    ...say(context.readOnlyRootFilesystem !== true, `${at} may write to its root`),
    ...say(!drop.includes('ALL') || add.length > 0, `${at} keeps capabilities`),
    ...say(!PINNED.test(image), `${at} has no pinned image: ${image}`),
    ...env.filter(({ name, value }) => value !== undefined && SECRET_NAME.test(name)).map(({ name }) => `${at} has ${name} inline`),
    ...resourceViolations(resources, at),
  ];
}

function resourceViolations({ requests = {}, limits = {} }: Resources = {}, at: string): string[] {
  const isWhole = [requests, limits].every((amounts) => 'cpu' in amounts && 'memory' in amounts);
  return say(!isWhole, `${at} lacks requests or limits`);
}

function isUser(id: number | undefined): boolean {
  return id !== undefined && id > 0;
}

function say(isViolated: boolean, sentence: string): string[] {
  return isViolated ? [sentence] : [];
}
