// A few instance types as DescribeInstanceTypes tells them: plain, one card, and a slice of a card, whose count is zero.
import type { InstanceTypeInfo } from '@aws-sdk/client-ec2'

interface Shape {
  readonly name: string
  readonly vcpus: number
  readonly memoryMiB: number
  /** Network interfaces, and addresses on each. */
  readonly network: readonly [number, number]
  readonly arch?: 'arm64'
  readonly gpu?: {
    readonly name: string
    readonly count: number
    readonly memoryMiB: number
    readonly logical?: number
    readonly share?: number
  }
}

const SHAPES: readonly Shape[] = [
  { name: 'm7i.xlarge', vcpus: 4, memoryMiB: 16_384, network: [4, 15] },
  { name: 'm7i.2xlarge', vcpus: 8, memoryMiB: 32_768, network: [4, 15] },
  { name: 'm7g.xlarge', vcpus: 4, memoryMiB: 16_384, network: [4, 15], arch: 'arm64' },
  {
    name: 'g6.xlarge',
    vcpus: 4,
    memoryMiB: 16_384,
    network: [4, 15],
    gpu: { name: 'L4', count: 1, memoryMiB: 22_888 },
  },
  {
    ...{ name: 'g6f.large', vcpus: 2, memoryMiB: 8_192, network: [3, 10] as const },
    gpu: { name: 'L4', count: 0, memoryMiB: 2_861, logical: 1, share: 0.125 },
  },
]

const infoOf = ({ name, vcpus, memoryMiB, network, arch, gpu }: Shape): InstanceTypeInfo => ({
  InstanceType: name as 'm7i.xlarge',
  CurrentGeneration: true,
  SupportedUsageClasses: ['on-demand', 'spot'],
  BareMetal: false,
  ProcessorInfo: { SupportedArchitectures: [arch ?? 'x86_64'] },
  VCpuInfo: { DefaultVCpus: vcpus },
  MemoryInfo: { SizeInMiB: memoryMiB },
  NetworkInfo: { MaximumNetworkInterfaces: network[0], Ipv4AddressesPerInterface: network[1] },
  ...(gpu === undefined
    ? {}
    : {
        GpuInfo: {
          Gpus: [
            {
              Name: gpu.name,
              Manufacturer: 'NVIDIA',
              Count: gpu.count,
              LogicalGpuCount: gpu.logical ?? gpu.count,
              GpuPartitionSize: gpu.share ?? 1,
              MemoryInfo: { SizeInMiB: gpu.memoryMiB },
            },
          ],
          TotalGpuMemoryInMiB: gpu.memoryMiB * gpu.count,
        },
      }),
})

export const INSTANCE_TYPES: readonly InstanceTypeInfo[] = SHAPES.map(infoOf)

export const SPOT_PRICES = [
  { type: 'm7i.xlarge', letter: 'a', price: '0.081000' },
  { type: 'm7i.xlarge', letter: 'b', price: '0.078000' },
  { type: 'g6.xlarge', letter: 'a', price: '0.310000' },
] as const
