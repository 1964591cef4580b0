// How a cluster is reached and who we are there: what one kubeconfig context, or the pod that we run in, says.

export interface ClusterAccess {
  /** https://host:6443, without a trailing slash. */
  readonly server: string
  /** PEM; null: the certificate authorities of the system. */
  readonly ca: string | null
  readonly tlsServerName: string | null
  /** http://host:port, the HTTP proxy on the way; absent: none. May hold credentials: never printed. */
  readonly proxyUrl?: string
  /** Namespace of the context; null: none written. */
  readonly namespace: string | null
  /** For words: 'rack-1', 'in-cluster'. */
  readonly context: string
  readonly user: UserAuth
}

export type UserAuth =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'certificate'; readonly cert: string; readonly key: string }
  | { readonly kind: 'token'; readonly token: string }
  /** Tokens in files are renewed by others: read again for each request. */
  | { readonly kind: 'tokenFile'; readonly path: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'exec'; readonly plugin: ExecPlugin }
  /** Made by the caller (EKS, AKS): asked again when it has expired. */
  | { readonly kind: 'provided'; readonly get: () => Promise<Credential> }

export interface ExecPlugin {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly provideClusterInfo: boolean
  readonly installHint: string | null
}

/** What goes out with a request. Never printed, never stored. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  readonly cert: string | null
  readonly key: string | null
  /** Epoch milliseconds; null: does not expire. */
  readonly expiresAtMs: number | null
}
