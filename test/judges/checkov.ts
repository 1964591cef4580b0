// checkov: the checks of its Kubernetes part that judge workloads, named one by one; what is left out, and why.
import { dirname } from 'node:path'
import type { Finding, Verdict } from './finding.ts'
import { checkovProgram } from './paths.ts'
import { answer, run } from './run.ts'

/**
 * Check → what it asks for. Of the checks of workloads one is left out: CKV_K8S_8 (liveness probe), for Docker takes an
 * unhealthy container out of service and never kills it. RBAC, control planes and the old PodSecurityPolicy are not what
 * render makes.
 */
export const CHECKS: Readonly<Record<string, string>> = {
  CKV_K8S_9: 'readiness probe',
  CKV_K8S_10: 'CPU request',
  CKV_K8S_11: 'CPU limit',
  CKV_K8S_12: 'memory request',
  CKV_K8S_13: 'memory limit',
  CKV_K8S_14: 'a tag that is not latest',
  CKV_K8S_15: 'image pulled always',
  CKV_K8S_16: 'not privileged',
  CKV_K8S_17: "not in the node's process namespace",
  CKV_K8S_18: "not in the node's IPC namespace",
  CKV_K8S_19: "not in the node's network",
  CKV_K8S_20: 'no privilege escalation',
  CKV_K8S_21: 'not in the default namespace',
  CKV_K8S_22: 'read-only root file system',
  CKV_K8S_23: 'not root',
  CKV_K8S_25: 'no added capabilities',
  CKV_K8S_26: 'no port of the node',
  CKV_K8S_27: "not the engine's socket",
  CKV_K8S_28: 'NET_RAW dropped',
  CKV_K8S_29: 'a security context for the pod',
  CKV_K8S_30: 'a security context for the container',
  CKV_K8S_31: "the runtime's seccomp profile",
  CKV_K8S_33: 'no dashboard',
  CKV_K8S_34: 'no Tiller',
  CKV_K8S_35: 'secrets as files',
  CKV_K8S_37: 'all capabilities dropped',
  CKV_K8S_38: 'no token of the service account',
  CKV_K8S_39: 'no SYS_ADMIN',
  CKV_K8S_40: 'a user above 10000',
  CKV_K8S_41: 'not the default service account',
  CKV_K8S_43: 'image by digest',
  CKV_K8S_44: 'no Tiller service',
  CKV_K8S_152: 'no Lua in Ingress annotations',
  CKV_K8S_153: 'no snippets in Ingress annotations',
  CKV_K8S_154: 'no aliases in Ingress annotations',
  CKV_K8S_159: 'no git-sync with code',
  CKV2_K8S_6: 'a NetworkPolicy for every pod',
}

interface Report {
  /** Absent where it read nothing. */
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string
      readonly check_name: string
      /** Deployment.shop.web; of a graph check Pod.shop.web. */
      readonly resource: string
      readonly file_path: string
    }[]
  }
  readonly summary?: { readonly resource_count: number; readonly parsing_errors: number }
}

export const checkov = async (paths: readonly string[]): Promise<Verdict> => {
  const [first] = paths
  if (first === undefined) return { findings: [], judged: 0 }
  const flags = ['--framework', 'kubernetes', '--output', 'json', '--quiet', '--compact', '--skip-download']
  const asked = ['--check', Object.keys(CHECKS).join(',')]
  // No key, no server: nothing is asked of anybody and nothing is sent.
  const env = { CKV_IGNORE_HIDDEN_DIRECTORIES: 'false', LOG_LEVEL: 'ERROR', BC_SKIP_MAPPING: 'TRUE' }
  const ran = await run(checkovProgram(), [...flags, ...asked, '--directory', dirname(first)], { env })
  const { results, summary } = answer<Report>('checkov', ran)
  if (results === undefined || summary === undefined) throw new Error('checkov looked at nothing')
  if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} files`)
  const findings = results.failed_checks.map(({ check_id, check_name, resource, file_path }): Finding => {
    const [kind = '', , name = ''] = resource.split('.')
    const namespace = file_path.slice(file_path.lastIndexOf('/') + 1).replace(/\.yaml$/, '')
    return { judge: 'checkov', rule: check_id, namespace, kind, name, message: check_name }
  })
  return { findings, judged: summary.resource_count }
}
