// The `user` of a kubeconfig context → how requests are signed.
import { resolve } from 'node:path'
import { StormportError } from '../../../core/errors.ts'
import type { Target } from '../../../core/model/fleet.ts'
import { field, listAt, textAt } from '../raw.ts'
import type { ExecPlugin, UserAuth } from './access.ts'
import { dataOrFile, type Entry } from './kubeconfig.ts'

/** In kubectl's order: certificate, token, password, plugin. */
export const userAuth = (entry: Entry | undefined, target: Target): UserAuth => {
  if (entry === undefined) return { kind: 'anonymous' }
  const [cert, key] = [dataOrFile(entry, 'user.client-certificate'), dataOrFile(entry, 'user.client-key')]
  if (cert !== null && key !== null) return { kind: 'certificate', cert, key }
  const { body, folder } = entry
  const tokenFile = textAt(body, 'user.tokenFile')
  if (tokenFile !== null) return { kind: 'tokenFile', path: resolve(folder, tokenFile) }
  const token = textAt(body, 'user.token')
  if (token !== null) return { kind: 'token', token }
  const [username, password] = [textAt(body, 'user.username'), textAt(body, 'user.password')]
  if (username !== null && password !== null) return { kind: 'basic', username, password }
  if (field(body, 'user.exec') !== undefined) return { kind: 'exec', plugin: execPlugin(entry) }
  if (field(body, 'user.auth-provider') !== undefined) throw oldProvider(target)
  return { kind: 'anonymous' }
}

const execPlugin = ({ body, folder }: Entry): ExecPlugin => {
  const command = textAt(body, 'user.exec.command') ?? ''
  const args = field(body, 'user.exec.args')
  return {
    apiVersion: textAt(body, 'user.exec.apiVersion') ?? '',
    // A bare name is looked up in PATH; a path is relative to the file.
    command: command.includes('/') ? resolve(folder, command) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries(
      listAt(body, 'user.exec.env').map((e) => [textAt(e, 'name') ?? '', textAt(e, 'value') ?? '']),
    ),
    provideClusterInfo: field(body, 'user.exec.provideClusterInfo') === true,
    installHint: textAt(body, 'user.exec.installHint'),
  }
}

const oldProvider = (target: Target): StormportError =>
  new StormportError(
    'Unsupported',
    `target ${target.name}: auth-provider of a kubeconfig was removed from Kubernetes`,
    {
      diagnostic: 'SP4352',
      source: 'user',
      target: target.name,
      hint: 'use an exec plugin, such as gke-gcloud-auth-plugin or kubelogin',
    },
  )
