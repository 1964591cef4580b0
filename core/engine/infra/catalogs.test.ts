import { describe, expect, it } from 'vitest'
import { readOnce } from './catalogs.ts'

describe('catalogues of an engine', () => {
  it('are read once for each cloud, and are the embedded ones where nothing else is given', async () => {
    const asked: string[] = []
    const embedded = readOnce()
    const catalogs = readOnce((cloud) => {
      asked.push(cloud)
      return embedded(cloud)
    })
    const [first, second] = await Promise.all([catalogs('aws'), catalogs('aws')])
    expect(first).toBe(second)
    expect((await catalogs('azure')).cloud).toBe('azure')
    expect(asked).toEqual(['aws', 'azure'])
  })
})
