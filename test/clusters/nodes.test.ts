import { describe, expect, it } from 'vitest'
import { nodeObject } from './nodes.ts'

interface Shape {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly status: Readonly<Record<'capacity' | 'allocatable', Readonly<Record<string, string>>>>
}

const shapeOf = (node: Parameters<typeof nodeObject>[0]): Shape => nodeObject(node) as unknown as Shape

describe('a simulated node', () => {
  it('offers its GPUs under the name of the device plugin and describes them as feature discovery does', () => {
    const gpus = { count: 4, product: 'NVIDIA-L4', memoryMib: 23034 }
    const { metadata, status } = shapeOf({ name: 'a', cpu: '8', memory: '32Gi', gpus })
    expect(status.allocatable['nvidia.com/gpu']).toBe('4')
    expect(metadata.labels).toMatchObject({ 'nvidia.com/gpu.product': 'NVIDIA-L4', 'nvidia.com/gpu.memory': '23034' })
  })

  it('has none of those labels when its devices are of another maker', () => {
    const { metadata, status } = shapeOf({
      name: 'a',
      cpu: '8',
      memory: '32Gi',
      gpus: { count: 1, resource: 'amd.com/gpu' },
    })
    expect(status.capacity['amd.com/gpu']).toBe('1')
    expect(Object.keys(metadata.labels).filter((key) => key.startsWith('nvidia'))).toEqual([])
  })

  it('lets labels of the test win over its own', () => {
    const labels = { 'kubernetes.io/arch': 'arm64' }
    const { metadata } = shapeOf({ name: 'a', cpu: '1', memory: '1Gi', zone: 'z1', labels })
    expect(metadata.labels).toMatchObject({ 'kubernetes.io/arch': 'arm64', 'topology.kubernetes.io/zone': 'z1' })
  })
})
