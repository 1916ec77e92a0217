/**
 * Writes the schemas that kubeconform reads into schemas/ of the folder that is named: for each version of Kubernetes those that
 * kubernetes-validate brings, with references to each other's files, and those of the CRDs in custom-resources/, made strict.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kubernetesTools } from './kubernetes.mjs';

const [, , folder] = process.argv;
const bundled = join(folder, 'python', 'kubernetes_validate', 'kubernetes-json-schema');
const kept = kubernetesTools.kubernetesVersions.map((version) => `v${version}-local-strict`);
// Those of ten other versions would be most of the folder.
for (const name of readdirSync(bundled)) if (!kept.includes(name)) rmSync(join(bundled, name), { recursive: true });
for (const version of kubernetesTools.kubernetesVersions) {
  const target = join(folder, 'schemas', version);
  mkdirSync(target, { recursive: true });
  const source = join(bundled, `v${version}-local-strict`);
  for (const name of readdirSync(source)) {
    // With their ids, references would be looked up on the network.
    const schema = JSON.parse(readFileSync(join(source, name), 'utf8'));
    delete schema.$id;
    writeFileSync(join(target, name), JSON.stringify(schema).replaceAll('"/api/_definitions.json', '"_definitions.json'));
  }
}
const target = join(folder, 'schemas', 'custom-resources');
mkdirSync(target, { recursive: true });
for (const name of readdirSync(join(folder, 'custom-resources'))) {
  for (const document of parseAllDocuments(readFileSync(join(folder, 'custom-resources', name), 'utf8'))) {
    const { spec } = document.toJS();
    for (const { name: version, schema } of spec.versions) {
      const file = `${spec.names.kind}-${spec.group.split('.')[0]}-${version}.json`.toLowerCase();
      // Until 2019 one schema stood for all versions.
      const { openAPIV3Schema } = schema ?? spec.validation;
      writeFileSync(join(target, file), JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...strict(openAPIV3Schema) }));
    }
  }
}

/** The API server drops fields that a CRD does not have, silently: here they are errors. */
function strict(schema, isRoot = true) {
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, items, additionalProperties, nullable, type } = schema;
  const isOpen = additionalProperties !== undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...(schema['x-kubernetes-int-or-string'] ? { type: ['integer', 'string'] } : withType(type, nullable)),
    ...pick(schema, ['pattern', 'enum', 'required', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems']),
    ...(items === undefined ? {} : { items: strict(items, false) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, (one) => strict(one, false)) }),
    ...(isOpen || properties === undefined ? {} : { additionalProperties: false }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: strict(additionalProperties, false) } : {}),
    ...(isRoot ? { required: ['apiVersion', 'kind', 'metadata', 'spec'] } : {}),
  };
}

function withType(type, nullable) {
  if (type === undefined) return {};
  return { type: nullable ? [type, 'null'] : type };
}

function pick(source, names) {
  return Object.fromEntries(names.filter((name) => name in source).map((name) => [name, source[name]]));
}

function mapValues(source, change) {
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, change(value)]));
}
