// Folders for one test each: made where they are asked for, gone after the test, also when it fails.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

/** For the tests of the file or block that calls it. Paths are without symbolic links. */
export const testFolders = (prefix: string): (() => string) => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `${prefix}-`)))
    folders.push(folder)
    return folder
  }
}
