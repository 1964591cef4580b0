import { describe, expect, it } from 'vitest'
import { gpuMemoryBytes, gpuModel, gpuModels, knownGpuModels } from './gpu.ts'
import { GIBIBYTE } from './quantity.ts'

describe('GPU models', () => {
  it.each(['l4', 'L4', 'nvidia-l4', 'NVIDIA L4', 'nvidia_l4'])('knows %s as l4', (name) => {
    expect(gpuModels(name)).toEqual(['l4'])
  })

  it.each([
    ['Tesla T4', 't4'],
    ['NVIDIA A100-SXM4-80GB', 'a100-80gb'],
    ['NVIDIA-A100-PCIE-40GB', 'a100-40gb'],
    ['NVIDIA H100 80GB HBM3', 'h100'],
    ['NVIDIA GeForce RTX 4090', 'rtx-4090'],
    ['rtx4090', 'rtx-4090'],
    ['Tesla V100-SXM2-16GB', 'v100-16gb'],
  ])('normalises what a driver reports: %s', (name, model) => {
    expect(gpuModel(name)).toBe(model)
  })

  it('takes a family for all its sizes', () => {
    expect(gpuModels('a10')).toEqual(['a10', 'a10g'])
    expect(gpuModels('a100')).toEqual(['a100-40gb', 'a100-80gb'])
    expect(gpuModels('a10g')).toEqual(['a10g'])
  })

  it('compares nominal memory', () => {
    expect(gpuMemoryBytes('l4')).toBe(24 * GIBIBYTE)
    expect(gpuMemoryBytes('a10g')).toBe(24 * GIBIBYTE)
    expect(gpuMemoryBytes('a100-40gb')).toBe(40 * GIBIBYTE)
    expect(gpuMemoryBytes('voodoo2')).toBeNull()
  })

  it('answers nothing for an unknown name, and no name of Object.prototype is a card', () => {
    expect(gpuModels('voodoo2')).toEqual([])
    expect(gpuModels('constructor')).toEqual([])
    expect(gpuMemoryBytes('toString')).toBeNull()
  })

  it('every known name stands for cards with memory', () => {
    for (const name of knownGpuModels()) {
      expect(gpuModels(name).length, name).toBeGreaterThan(0)
      for (const model of gpuModels(name)) expect(gpuMemoryBytes(model), model).toBeGreaterThan(0)
    }
  })
})
