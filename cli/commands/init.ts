// init: writes a stormport.yaml to start from, and never over one that is there. compose.yaml stays as it is.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StormportError } from '../../core/errors.ts'
import type { ComposeProject } from '../../core/model/compose.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { starterFile } from '../starter-file.ts'

export const run: Run = async ({ context }) => {
  const { project, files, diagnostics } = await context.compose()
  const path = context.options.config ?? join(context.world.cwd, 'stormport.yaml')
  write(path, starterFile())
  if (context.options.json)
    context.document({ wrote: path, services: Object.keys(project?.services ?? {}), diagnostics })
  else
    context.print(
      [
        ...read(context, project, files),
        `wrote ${path}: one target, this machine; compose.yaml was not changed`,
        'Next: stormport plan, then stormport deploy',
      ].join('\n'),
    )
  return 0
}

const read = (context: Context, project: ComposeProject | null, files: readonly string[]): readonly string[] => {
  if (project === null)
    return files.length === 0
      ? ['no compose file here yet']
      : ['the compose file has errors; stormport check lists them']
  const names = Object.keys(project.services)
  const volumes = Object.keys(project.volumes ?? {}).length
  const dot = ` ${context.style.out.symbols.dot} `
  return [
    `read ${files.length} compose file${files.length === 1 ? '' : 's'}: ${names.length} service${names.length === 1 ? '' : 's'} (${names.join(', ')})${volumes > 0 ? `${dot}${volumes} volume${volumes === 1 ? '' : 's'}` : ''}`,
  ]
}

const write = (path: string, text: string): void => {
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST')
      throw new StormportError('BadInput', `${path} is there already`, {
        diagnostic: 'SP1509',
        source: 'user',
        hint: 'edit it; stormport schema describes its keys',
      })
    throw new StormportError('BadInput', `cannot write ${path}: ${code}`, {
      diagnostic: 'SP1504',
      source: 'user',
      hint: 'run it in a folder that you may write to',
      cause: error,
    })
  }
}
