// The API behind a cluster: a real control plane that the test has started.
import type { Plane } from '../../../clusters/types.ts'

export type Behind = Pick<Plane, 'server' | 'ca' | 'kubeconfig' | 'api'>
