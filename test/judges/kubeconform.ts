// kubeconform: every field of every object is one that this release of the API knows.
import type { Finding, Verdict } from './finding.ts'
import { kubeconformProgram } from './paths.ts'
import { answer, run } from './run.ts'

interface Answer {
  readonly resources: readonly {
    readonly filename: string
    readonly kind: string
    readonly name: string
    readonly status: 'statusValid' | 'statusInvalid' | 'statusError' | 'statusSkipped'
    readonly msg: string
  }[]
}

/** `schemas`: the folder that `schemasOf` made. */
export const kubeconform = async (paths: readonly string[], schemas: string): Promise<Verdict> => {
  const location = `${schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`
  const flags = ['-strict', '-output', 'json', '-verbose', '-schema-location', location]
  const { resources } = answer<Answer>('kubeconform', await run(kubeconformProgram(), [...flags, ...paths]))
  const findings = resources
    .filter(({ status }) => status !== 'statusValid')
    .map(
      ({ filename, kind, name, status, msg }): Finding => ({
        judge: 'kubeconform',
        rule: status,
        namespace: namespaceIn(filename),
        kind,
        name,
        message: msg,
      }),
    )
  return { findings, judged: resources.length }
}

const namespaceIn = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '')
