import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VolumeBody } from '../../spec.ts'
import { makeFolders } from './record.ts'
import { ensureVolume, removeVolume, volumeFolder } from './volumes.ts'

let root: string

const volume = (more: Partial<Pick<VolumeBody, 'external' | 'compose'>> = {}): VolumeBody => ({
  kind: 'volume',
  app: 'a',
  key: 'data',
  name: 'a_data',
  external: false,
  drivers: ['process'],
  compose: {},
  ...more,
})

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sp-volumes-'))
  await makeFolders(join(root, 'state'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

describe('named volumes of host processes', () => {
  it('are folders that keep their data until they are removed', async () => {
    const state = join(root, 'state')
    const { native } = await ensureVolume(state, volume())
    writeFileSync(join(native, 'x'), '1')
    expect(await ensureVolume(state, volume())).toEqual({ existed: false, native })
    expect(existsSync(join(volumeFolder(state, 'a_data'), 'x'))).toBe(true)
    await removeVolume(state, 'a_data')
    expect(existsSync(native)).toBe(false)
    await removeVolume(state, 'a_data')
  })

  it('that bind a folder leave it when they are removed', async () => {
    const [state, device] = [join(root, 'state'), join(root, 'device')]
    const bound = volume({ compose: { driver_opts: { type: 'none', o: 'bind', device } } })
    await expect(ensureVolume(state, bound)).rejects.toMatchObject({ code: 'NotFound' })
    mkdirSync(device)
    expect((await ensureVolume(state, bound)).native).toBe(device)
    expect(volumeFolder(state, 'a_data')).toBe(device)
    await removeVolume(state, 'a_data')
    expect(existsSync(device)).toBe(true)
  })

  it('that are external must be there', async () => {
    await expect(ensureVolume(join(root, 'state'), volume({ external: true }))).rejects.toMatchObject({
      code: 'NotFound',
    })
  })

  it('have names that cannot leave the folder', () => {
    expect(() => volumeFolder(join(root, 'state'), '../x')).toThrow(/cannot be the name/)
  })
})
