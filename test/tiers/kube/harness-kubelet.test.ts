// The plane with a real node on trial: containers run, are probed, resolved, logged and exec'd into, and leave nothing.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, type KubeletPlane, kubectlProgram, startKubeletPlane } from '../../clusters/index.ts'
import { imageArchive } from '../../engines/images.ts'
import { until } from '../../engines/process.ts'
import { createDeployment, DEPLOYMENTS, type DeploymentState, PODS, type PodList, podsOf } from './objects.ts'
import { tracesOf } from './traces.ts'

const run = promisify(execFile)

describe('a plane with a real kubelet', () => {
  let plane: KubeletPlane
  let image: string
  beforeAll(async () => {
    const started = Date.now()
    plane = await startKubeletPlane({ name: 'real' })
    console.log(`the plane with a kubelet was usable after ${Date.now() - started} ms`)
    const pushed = await plane.registry.push({ name: 'node:1', layer: await imageArchive('node'), cmd: ['node'] })
    image = pushed.digest
  })
  afterAll(async () => {
    const started = Date.now()
    await plane?.stop()
    console.log(`the plane with a kubelet was gone after ${Date.now() - started} ms`)
    if (plane !== undefined) expect(tracesOf(plane.folder)).toEqual([])
  })

  const podOf = async (name: string): Promise<string> => {
    const { items } = await plane.api.request<PodList>('GET', podsOf(name))
    return items[0]?.metadata.name ?? ''
  }

  it('runs a hardened pod from the registry until its probe says ready', async () => {
    const server = "console.log('serving'); http.createServer((_, answer) => answer.end('hello')).listen(8080)"
    const command = ['node', '-e', server]
    const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 }
    const started = Date.now()
    await createDeployment(plane.api, {
      name: 'web',
      replicas: 2,
      pod: { securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } } },
      container: {
        image,
        command,
        readinessProbe: probe,
        resources: { limits: { memory: '64Mi', cpu: '500m' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    })
    await awaitObject<DeploymentState>(plane.api, `${DEPLOYMENTS}/web`, ({ status }) => status.readyReplicas === 2)
    console.log(`two real pods were ready after ${Date.now() - started} ms`)
  })

  it('gives their logs', async () => {
    expect(await plane.api.request<string>('GET', `${PODS}/${await podOf('web')}/log`)).toBe('serving\n')
  })

  it('runs a command inside, with its exit code', async () => {
    const exec = ['--kubeconfig', plane.kubeconfig, 'exec', await podOf('web'), '--', 'sh', '-c']
    expect((await run(kubectlProgram(), [...exec, 'id -u'])).stdout.trim()).toBe('65534')
    await expect(run(kubectlProgram(), [...exec, 'exit 7'])).rejects.toMatchObject({ code: 7 })
  })

  it('reaches a service by name from a pod and by node port from the machine', async () => {
    const spec = {
      type: 'NodePort',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
    }
    await plane.api.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'web' }, spec })
    const exec = ['--kubeconfig', plane.kubeconfig, 'exec', await podOf('web'), '--', 'node', '-e']
    const get = "fetch('http://web').then((answer) => answer.text()).then(console.log)"
    const answered = (): Promise<boolean> =>
      run(kubectlProgram(), [...exec, get]).then(
        ({ stdout }) => stdout.trim() === 'hello',
        () => false,
      )
    expect(await until(answered, 30_000)).toBe(true)
    expect(await (await fetch(`http://${plane.nodeIp}:30080/`)).text()).toBe('hello')
  })
})
