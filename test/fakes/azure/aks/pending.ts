// Pods that the scheduler could not place, and whether a machine of a pool would take them: selector, required affinity,
// taints, amounts. What the cluster autoscaler simulates, without what no workload of ours asks for.
import type { Behind } from './behind.ts'

export interface PendingPod {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly tolerations?: readonly Toleration[]
    readonly affinity?: {
      readonly nodeAffinity?: {
        readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly Term[] }
      }
    }
    readonly containers: readonly { readonly resources?: { readonly requests?: Readonly<Record<string, string>> } }[]
  }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] }
}

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

interface Term {
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export interface Template {
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
}

export type Amounts = Readonly<Record<string, number>>

export const pendingPods = async ({ api }: Behind): Promise<readonly PendingPod[]> => {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent('spec.nodeName=,status.phase=Pending')}`
  const { items } = await api.request<{ readonly items: readonly PendingPod[] }>('GET', path)
  return items.filter(({ status }) => status.conditions?.some(({ reason }) => reason === 'Unschedulable') === true)
}

export const accepts = ({ labels, taints }: Template, { spec }: PendingPod): boolean => {
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const near = terms === undefined || terms.some((term) => matches(term, labels))
  const open = taints.every(
    (taint) => taint.effect === 'PreferNoSchedule' || (spec.tolerations ?? []).some((each) => tolerates(each, taint)),
  )
  return selected && near && open
}

const matches = ({ matchExpressions = [] }: Term, labels: Template['labels']): boolean =>
  matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    const inside = value !== undefined && values.includes(value)
    return operator === 'NotIn' ? !inside : inside
  })

const tolerates = (of: Toleration, taint: Template['taints'][number]): boolean =>
  (of.key === undefined || of.key === taint.key) &&
  (of.effect === undefined || of.effect === '' || of.effect === taint.effect) &&
  (of.operator === 'Exists' || (of.value ?? '') === (taint.value ?? ''))

export const requestsOf = ({ spec }: PendingPod): Amounts => {
  const sum: Record<string, number> = { pods: 1 }
  for (const { resources } of spec.containers)
    for (const [name, text] of Object.entries(resources?.requests ?? {})) sum[name] = (sum[name] ?? 0) + amountOf(text)
  return sum
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ m: 0.001, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
}

export const amountOf = (text: string): number => {
  const [, number = '0', unit = ''] = /^([\d.]+)(\w*)$/.exec(text) ?? []
  return Number(number) * (UNITS[unit] ?? 1)
}

/** What is left after it; null: it does not fit. */
export const minus = (left: Amounts, asked: Amounts): Amounts | null => {
  const next: Record<string, number> = { ...left }
  for (const [name, amount] of Object.entries(asked)) {
    const rest = (next[name] ?? 0) - amount
    if (rest < 0) return null
    next[name] = rest
  }
  return next
}
