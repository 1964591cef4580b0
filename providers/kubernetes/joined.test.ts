import { describe, expect, it } from 'vitest'
import { createJoined, type Part } from './joined.ts'

/** A write that ends when it is told to. */
const heldWrite = () => {
  const writes: { readonly part: Part; readonly end: (error?: Error) => void }[] = []
  const write = (part: Part): Promise<void> =>
    new Promise((resolve, reject) => {
      writes.push({ part, end: (error) => (error === undefined ? resolve() : reject(error)) })
    })
  const begun = async (count: number): Promise<void> => {
    while (writes.length < count) await Promise.resolve()
  }
  return { writes, write, begun }
}

describe('joined writes', () => {
  it('carry together what is asked for while one is under way', async () => {
    const joined = createJoined()
    const { writes, write, begun } = heldWrite()
    const first = joined.write('shop', { a: '1' }, write)
    await begun(1)
    const later = [joined.write('shop', { b: '2' }, write), joined.write('shop', { c: '3' }, write)]
    writes[0]?.end()
    await first
    await begun(2)
    writes[1]?.end()
    await Promise.all(later)
    expect(writes.map((w) => w.part)).toEqual([{ a: '1' }, { b: '2', c: '3' }])
  })

  it('keep the later of two parts with one name', async () => {
    const joined = createJoined()
    const { writes, write, begun } = heldWrite()
    const asked = [joined.write('shop', { a: '1' }, write), joined.write('shop', { a: null }, write)]
    await begun(1)
    writes[0]?.end()
    await Promise.all(asked)
    expect(writes.map((w) => w.part)).toEqual([{ a: null }])
  })

  it('do not wait for those of another key', async () => {
    const joined = createJoined()
    const { writes, write, begun } = heldWrite()
    const asked = [joined.write('shop', { a: '1' }, write), joined.write('blog', { b: '2' }, write)]
    await begun(2)
    for (const { end } of writes) end()
    await Promise.all(asked)
    expect(writes.map((w) => w.part)).toEqual([{ a: '1' }, { b: '2' }])
  })

  it('tell a failure to those whose part it carried, and go on for the others', async () => {
    const joined = createJoined()
    const { writes, write, begun } = heldWrite()
    const first = joined.write('shop', { a: '1' }, write)
    await begun(1)
    const later = joined.write('shop', { b: '2' }, write)
    writes[0]?.end(new Error('refused'))
    await expect(first).rejects.toThrow('refused')
    await begun(2)
    writes[1]?.end()
    await expect(later).resolves.toBeUndefined()
  })
})
