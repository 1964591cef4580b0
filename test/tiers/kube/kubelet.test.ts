// The plane with a real node on trial: containers run, are probed, resolved, logged and exec'd into, and leave nothing.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, type KubeletPlane, kubectlProgram, startKubeletPlane } from '../../clusters/index.ts'
import { imageArchive } from '../../engines/images.ts'
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
    const pushed = await plane.registry.push({ name: 'busybox:1', layer: await imageArchive('busybox'), cmd: ['sh'] })
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
    const command = [
      'sh',
      '-c',
      'echo serving; mkdir /tmp/www; echo hello > /tmp/www/index.html; httpd -f -p 8080 -h /tmp/www',
    ]
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
    const exec = ['--kubeconfig', plane.kubeconfig, 'exec', await podOf('web'), '--', 'sh', '-c']
    const get = 'for i in 1 2 3 4 5 6 7 8 9 10; do wget -q -T 2 -O - http://web && exit 0; sleep 1; done; exit 1'
    expect((await run(kubectlProgram(), [...exec, get])).stdout.trim()).toBe('hello')
    expect(await (await fetch(`http://${plane.nodeIp}:30080/`)).text()).toBe('hello\n')
  })
})
