// kube-score: every check that is on by default and two that are not; what is left out, and why.
import type { Finding, Verdict } from './finding.ts'
import { kubeScoreProgram } from './paths.ts'
import { answer, run } from './run.ts'

/** Checks that judge what Compose cannot say or what Docker never does. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'container-ephemeral-storage-request-and-limit':
    'Compose has no field for the size of scratch space, and a limit that nobody wrote is never invented',
}

/** Remarks of a check that are no fault here, by the check and the first words of the remark. */
const REMARKS: readonly { readonly rule: string; readonly says: RegExp; readonly because: string }[] = [
  {
    rule: 'pod-probes',
    says: /missing a livenessProbe/,
    because:
      'Docker takes an unhealthy container out of service and never kills it; the check itself calls it optional',
  },
]

const OPTIONAL = ['container-seccomp-profile', 'container-ports-check']

interface Scored {
  readonly type_meta: { readonly kind: string }
  readonly object_meta: { readonly name: string; readonly namespace?: string }
  readonly checks: readonly {
    readonly check: { readonly id: string }
    readonly grade: number
    readonly skipped: boolean
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null
  }[]
}

const ALL_OK = 10

export const kubeScore = async (paths: readonly string[], release: string): Promise<Verdict> => {
  const [, minor] = /^v(\d+\.\d+)/.exec(release) ?? []
  const flags = [
    'score',
    ...['--output-format', 'json', '--kubernetes-version', `v${minor}`],
    ...['--disable-ignore-checks-annotations', '--disable-optional-checks-annotations'],
    ...OPTIONAL.flatMap((id) => ['--enable-optional-test', id]),
    ...Object.keys(LEFT_OUT).flatMap((id) => ['--ignore-test', id]),
  ]
  const scored = answer<readonly Scored[]>('kube-score', await run(kubeScoreProgram(), [...flags, ...paths]))
  return { findings: scored.flatMap(findingsOf), judged: scored.length }
}

const findingsOf = ({ type_meta, object_meta, checks }: Scored): readonly Finding[] =>
  checks
    .filter(({ grade, skipped }) => !skipped && grade < ALL_OK)
    .flatMap(({ check, comments }) =>
      (comments ?? []).map(
        ({ path, summary }): Finding => ({
          judge: 'kube-score',
          rule: check.id,
          namespace: object_meta.namespace ?? object_meta.name,
          kind: type_meta.kind,
          name: object_meta.name,
          message: `${path === '' ? '' : `${path}: `}${summary}`,
        }),
      ),
    )
    .filter(({ rule, message }) => !REMARKS.some((remark) => remark.rule === rule && remark.says.test(message)))
