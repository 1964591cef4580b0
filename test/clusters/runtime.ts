// containerd for a plane's real node: own folders and socket, a bridge network inside the plane's namespace, and the pause
// image that needs no registry.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { enterGroups, makeGroups } from './cgroups.ts'
import { CNI_FOLDER, PAUSE_IMAGE, pauseArchive } from './paths.ts'
import { awaitReady } from './programs.ts'
import { launch, type Site } from './site.ts'

const run = promisify(execFile)

export const POD_RANGE = '10.244.0.0/24'

export const runtimeSocket = (site: Site): string => join(site.slot.folder, 'containerd.sock')

export const startRuntime = async (site: Site): Promise<void> => {
  const { folder, label } = site.slot
  await makeGroups(label)
  await mkdir(join(folder, 'cni', 'net.d'), { recursive: true })
  await writeFile(join(folder, 'cni', 'net.d', '10-plane.conflist'), JSON.stringify(bridgeNetwork(folder, label)))
  const config = join(folder, 'containerd.toml')
  await writeFile(config, containerdConfig(folder))
  const program = await launch(site, 'containerd', ['/usr/bin/containerd', '--config', config])
  await enterGroups(label, program.pid)
  await awaitReady(program, 'containerd', async () => existsSync(runtimeSocket(site)))
  await run('ctr', ['--address', runtimeSocket(site), '-n', 'k8s.io', 'images', 'import', pauseArchive()])
}

/** A negative out-of-memory score needs a capability that sandboxed machines lack: runc would die of it. */
const containerdConfig = (folder: string): string => `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_FOLDER}"
    conf_dir = "${folder}/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`

const bridgeNetwork = (folder: string, label: string): Record<string, unknown> => ({
  cniVersion: '0.4.0',
  name: label,
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(folder, 'cni', 'data'),
        ranges: [[{ subnet: POD_RANGE }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
})
