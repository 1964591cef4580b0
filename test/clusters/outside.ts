// What the programs of a plane put outside its folder, at places that cannot be chosen.
import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Traced {
  readonly folder: string
  readonly label: string
}

export const removeOutside = async ({ folder, label }: Traced): Promise<void> => {
  await removeShimSockets(folder)
  await removeLinks(folder)
  await removeResults(label)
}

/** What all planes of this machine share goes with the last of them. */
export const removeShared = async (): Promise<void> => {
  const planes = (await readdir(tmpdir())).filter((name) => name.startsWith('stormport-plane-'))
  if (planes.length > 0) return
  await rm('/tmp/hostpath_pv', { recursive: true, force: true })
  if (await isListening(PLUGIN_SOCKET)) return
  await rm(PLUGIN_SOCKET, { force: true })
  for (const folder of ['/var/lib/kubelet/device-plugins', '/var/lib/kubelet']) await rmdir(folder).catch(() => {})
}

const PLUGIN_SOCKET = '/var/lib/kubelet/device-plugins/kubelet.sock'

const isListening = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(socket)
    probe.on('connect', () => resolve(true))
    probe.on('error', () => resolve(false))
    probe.on('connect', () => probe.destroy())
  })

/** The sockets of containers' keepers. */
const removeShimSockets = async (folder: string): Promise<void> => {
  const tasks = join(folder, 'containerd', 'state', 'io.containerd.runtime.v2.task', 'k8s.io')
  for (const id of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, id, 'address'), 'utf8').catch(() => '')
    const path = address.trim().replace('unix://', '')
    if (path.startsWith('/run/containerd/s/')) await rm(path, { force: true })
  }
}

/** The kubelet links each container's log. */
const removeLinks = async (below: string): Promise<void> => {
  const folder = '/var/log/containers'
  for (const name of await readdir(folder).catch(() => [])) {
    const target = await readlink(join(folder, name)).catch(() => '')
    if (target.startsWith(`${below}/`)) await rm(join(folder, name), { force: true })
  }
}

/** The network plugins' library keeps a result for each network of a pod: ours, and the loopback of the same pod. */
const removeResults = async (label: string): Promise<void> => {
  const folder = '/var/lib/cni/results'
  const names = await readdir(folder).catch(() => [])
  const pods = names.filter((name) => name.startsWith(`${label}-`)).map((name) => name.split('-').at(-2) ?? name)
  for (const name of names)
    if (pods.some((pod) => name.includes(`-${pod}-`))) await rm(join(folder, name), { force: true })
}
