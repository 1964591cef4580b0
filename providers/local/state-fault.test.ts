import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { StormportError } from '../../core/errors.ts'
import { toWire } from './protocol.ts'
import { orStateFault, orStoreFault } from './state-fault.ts'

const thrown = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('a state folder that cannot be written', () => {
  it('is full: for files and for the store', () => {
    const disk = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const database = new DatabaseSync(':memory:')
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x)')
    const store = thrown(() => database.exec(`INSERT INTO t VALUES ('${'x'.repeat(100_000)}')`))
    for (const error of [disk, store])
      expect(orStateFault(error)).toMatchObject({ code: 'Unhealthy', details: { diagnostic: 'SP4006' } })
    expect(toWire(store)).toMatchObject({ code: 'Unhealthy', message: expect.stringContaining('full') })
  })

  it('is closed to this user', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stormport-closed-'))
    try {
      const file = join(folder, 'store.db')
      writeFileSync(file, '')
      chmodSync(file, 0o400)
      const database = new DatabaseSync(file, { readOnly: true })
      const error = thrown(() => database.exec('CREATE TABLE t (x)'))
      expect(orStateFault(error)).toMatchObject({ code: 'Forbidden', details: { diagnostic: 'SP4007' } })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is not blamed for anything else', () => {
    const bug = new TypeError('x is undefined')
    const known = new StormportError('Conflict', 'taken')
    expect(orStateFault(bug)).toBe(bug)
    expect(orStateFault(known)).toBe(known)
    expect(toWire(bug)).toMatchObject({ code: 'Internal' })
    const elsewhere = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    expect(orStateFault(elsewhere)).toMatchObject({ details: { diagnostic: 'SP4007' } })
    expect(orStoreFault(elsewhere)).toBe(elsewhere)
  })
})
