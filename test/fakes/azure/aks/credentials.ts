// Kubeconfigs as AKS hands them out: with kubelogin as exec plugin where the cluster has Entra, with a certificate of an
// administrator where it has not, and none for administrators where local accounts are off. They lead to the real plane.
import { readFile } from 'node:fs/promises'
import { AKS_SERVER_APP } from '../entra.ts'
import { fault } from '../faults.ts'
import type { Call, Reply } from '../server/calls.ts'
import type { ClusterRecord } from '../state.ts'
import { type Aks, checkRunning, clusterOf } from './aks.ts'
import type { Behind } from './behind.ts'

/** The client application of kubelogin's own sign-in, the same in all clouds (Azure/kubelogin). */
const CLIENT_APP = '80faf920-1908-4b52-b5ef-a8e7bedfc67a'

export const userCredential = async (aks: Aks, call: Call): Promise<Reply> => {
  const record = clusterOf(aks, call)
  checkThere(aks, record)
  const behind = aks.behind(record.name)
  const azure = call.query.get('format') === 'azure'
  const text =
    record.props.aadProfile?.managed === true
      ? signedIn(aks, record, { behind, azure })
      : await certified(record, behind, 'clusterUser')
  return credential('clusterUser', text)
}

export const adminCredential = async (aks: Aks, call: Call): Promise<Reply> => {
  const record = clusterOf(aks, call)
  // The body observed in OctopusDeploy/Issues#7998 and Azure/azure-dev#2359 (error set).
  if (record.props.disableLocalAccounts === true && aks.state.rules.holds('localAccounts'))
    throw fault(400, [
      'BadRequest',
      'Getting static credential is not allowed because this cluster is set to disable local accounts.',
    ])
  checkThere(aks, record)
  return credential('clusterAdmin', await certified(record, aks.behind(record.name), 'clusterAdmin'))
}

const checkThere = (aks: Aks, record: ClusterRecord): void => {
  checkRunning(aks.state, record)
  if (record.props.identityProfile !== undefined) return
  throw fault(404, ['NotFound', `Could not find the credentials of managed cluster ${record.name}.`])
}

const credential = (name: string, text: string): Reply => ({
  status: 200,
  body: { kubeconfigs: [{ name, value: Buffer.from(text).toString('base64') }] },
})

interface SignIn {
  readonly behind: Behind | null
  readonly azure: boolean
}

const signedIn = (aks: Aks, record: ClusterRecord, { behind, azure }: SignIn): string => {
  const user = `clusterUser_${record.group}_${record.name}`
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command: 'kubelogin',
    args: [
      ...['get-token', '--environment', 'AzurePublicCloud', '--server-id', AKS_SERVER_APP],
      ...['--client-id', CLIENT_APP, '--tenant-id', aks.state.tenant, '--login', 'devicecode'],
    ],
    env: null,
    provideClusterInfo: false,
  }
  const provider = { name: 'azure', config: { 'apiserver-id': AKS_SERVER_APP, 'tenant-id': aks.state.tenant } }
  return kubeconfig(record, {
    user,
    credentials: azure ? { 'auth-provider': provider } : { exec },
    server: behind?.server ?? fallback(record),
    ca: behind?.ca ?? '',
  })
}

/** The administrator's own kubeconfig of the plane, under the names that AKS would give. */
const certified = async (record: ClusterRecord, behind: Behind | null, kind: string): Promise<string> => {
  const user = `${kind}_${record.group}_${record.name}`
  const credentials = behind === null ? { token: 'no plane' } : await adminOf(behind)
  return kubeconfig(record, { user, credentials, server: behind?.server ?? fallback(record), ca: behind?.ca ?? '' })
}

const adminOf = async ({ kubeconfig: path }: Behind): Promise<unknown> => {
  const found = JSON.parse(await readFile(path, 'utf8')) as { readonly users: readonly { readonly user: unknown }[] }
  return found.users[0]?.user
}

const fallback = ({ props }: ClusterRecord): string => `https://${String(props.fqdn)}:443`

interface Kubeconfig {
  readonly user: string
  readonly credentials: unknown
  readonly server: string
  readonly ca: string
}

/** JSON is YAML too. */
const kubeconfig = ({ name }: ClusterRecord, of: Kubeconfig): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    preferences: {},
    clusters: [
      {
        name,
        cluster: { server: of.server, 'certificate-authority-data': Buffer.from(of.ca).toString('base64') },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: of.user } }],
    users: [{ name: of.user, user: of.credentials }],
  })
