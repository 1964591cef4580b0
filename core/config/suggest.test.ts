import { describe, expect, it } from 'vitest'
import { closest, didYouMean } from './suggest.ts'

describe('suggestions', () => {
  it.each([
    ['drivr', 'driver'],
    ['DRIVER', 'driver'],
    ['start_deadline', 'startDeadline'],
    ['replcias', 'replicas'],
  ])('finds what %s meant', (word, wanted) => {
    expect(closest(word, ['driver', 'daemon', 'startDeadline', 'replicas'])).toBe(wanted)
  })

  it('is silent when nothing is near', () => {
    expect(closest('zebra', ['driver', 'daemon'])).toBeNull()
  })

  it('lists a few choices instead', () => {
    expect(didYouMean('zebra', ['docker', 'process'])).toBe('write one of docker, process')
    expect(
      didYouMean(
        'zebra',
        Array.from({ length: 30 }, (_, i) => `word${i}`),
      ),
    ).toBeUndefined()
  })
})
