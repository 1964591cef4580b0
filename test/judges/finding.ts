// What a judge says about one object, in the same words for all judges.

export type JudgeName = 'kubeconform' | 'kube-score' | 'checkov' | 'monokle'

export interface Finding {
  readonly judge: JudgeName
  /** The judge's own id: 'container-resources', 'CKV_K8S_13', 'KBP102'. */
  readonly rule: string
  /** Namespace of the object: one application a namespace. */
  readonly namespace: string
  readonly kind: string
  readonly name: string
  readonly message: string
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** How many objects the judge says it looked at: a judge that read nothing finds nothing. */
  readonly judged: number
}
