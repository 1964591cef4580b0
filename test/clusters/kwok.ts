// kwok brings node objects to life and plays what their pods would do: no container runs, yet everything above it is real.
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KWOK_ANNOTATION } from './nodes.ts'
import { kwokProgram, kwokStages } from './paths.ts'
import type { Program } from './programs.ts'
import { credentials, launch, type Site } from './site.ts'

const FATES = fileURLToPath(new URL('stages/fates.yaml', import.meta.url))

export const startKwok = async (site: Site): Promise<Program> => {
  const { host, keys, options, slot } = site
  const kubeconfig = await credentials(site, { name: 'kwok', commonName: 'kwok', organizations: ['system:masters'] })
  const stages = readdirSync(kwokStages())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(kwokStages(), file))
  return launch(site, 'kwok', [
    kwokProgram(),
    `--kubeconfig=${kubeconfig}`,
    ...[...stages, FATES, await writeStreams(slot.folder)].map((file) => `--config=${file}`),
    '--manage-all-nodes=false',
    `--manage-nodes-with-annotation-selector=${KWOK_ANNOTATION}=fake`,
    '--cidr=10.244.0.1/16',
    `--node-ip=${host}`,
    `--node-port=${slot.ports.kwok}`,
    '--node-lease-duration-seconds=40',
    `--server-address=${host}:${slot.ports.kwok}`,
    `--tls-cert-file=${keys.server.certificate}`,
    `--tls-private-key-file=${keys.server.key}`,
    ...(options.flags?.kwok ?? []),
  ])
}

/** Every simulated container has the same log; exec runs the command on this machine, in the plane's folder. */
const writeStreams = async (folder: string): Promise<string> => {
  const log = join(folder, 'simulated.log')
  const stamp = new Date().toISOString().replace('Z', '000000Z')
  await writeFile(log, ['first', 'second', 'third'].map((word) => `${stamp} stdout F ${word} line\n`).join(''))
  const documents = [
    {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterLogs',
      metadata: { name: 'all' },
      spec: { logs: [{ logsFile: log, follow: true }] },
    },
    {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterExec',
      metadata: { name: 'all' },
      spec: { execs: [{ local: { workDir: folder } }] },
    },
  ]
  const path = join(folder, 'streams.yaml')
  await writeFile(path, documents.map((document) => JSON.stringify(document)).join('\n---\n'))
  return path
}
