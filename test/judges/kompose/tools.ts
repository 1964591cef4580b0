// The two translators behind one question: what do you make of this project, and what do you say about it?
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadProject } from '../../../core/config/index.ts'
import { hasErrors } from '../../../core/model/diagnostic.ts'
import type { Files } from '../../../core/ports.ts'
import { render } from '../../../providers/kubernetes/render/index.ts'
import { verdicts } from '../../../providers/kubernetes/verdicts/index.ts'
import { specOf } from '../../builders/kubernetes.ts'
import { nodeFiles } from '../../compose/node-files.ts'
import { revealed } from '../manifests.ts'
import { komposeProgram } from '../paths.ts'
import { run } from '../run.ts'
import type { Project } from './fields.ts'

export interface Converted {
  /** Kubernetes objects; empty where the file is refused. */
  readonly objects: readonly unknown[]
  readonly refused: boolean
  /** Everything that decides about the deployed thing, as one text: two of them are equal or the field mattered. */
  readonly made: string
  /** Warnings, notes and refusals, a line each. */
  readonly said: ReadonlySet<string>
}

export interface Where {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

export interface Tool {
  readonly name: string
  /** null: this tool cannot even read it as a Compose file. */
  convert(project: Project, where: Where): Promise<Converted | null>
}

const FILE = 'compose.converted.json'

/** The disk, with one file of this text on it. */
const withFile = (file: string, text: string): Files => ({
  ...nodeFiles,
  read: (path) => (path === file ? text : nodeFiles.read(path)),
  exists: (path) => (path === file ? 'file' : nodeFiles.exists(path)),
  realpath: (path) => (path === file ? path : nodeFiles.realpath(path)),
})

/** Order counts as made: deploy sends objects in it and waits where `depends_on` says so. */
export const ours: Tool = {
  name: 'Stormport',
  async convert(project, { folder, env }) {
    const file = join(folder, FILE)
    const { app, diagnostics } = loadProject(
      {
        workingDir: folder,
        files: [FILE],
        env,
        envFiles: [],
        profiles: ['*'],
        projectName: null,
        projectRoot: folder,
        allowPaths: ['/'],
        confine: false,
        config: null,
        targets: null,
      },
      withFile(file, JSON.stringify(project)),
    )
    if (app === null) return null
    const spec = specOf(app, { facts: { ingressClasses: [{ name: 'nginx', isDefault: true }] } })
    const findings = [...diagnostics, ...verdicts(spec.target, spec)]
    const said = new Set(findings.map((d) => `${d.code} ${d.service ?? ''} ${d.message}`))
    if (hasErrors(findings)) return { objects: [], refused: true, made: '', said }
    const objects = render(spec.target, spec)
    const made = objects.map((o) => [revealed(o), o.stage, o.after, o.awaits, o.hash])
    return { objects: objects.map(revealed), refused: false, made: JSON.stringify(made), said }
  },
}

export const kompose: Tool = {
  name: 'kompose',
  async convert(project, { folder, env }) {
    writeFileSync(join(folder, FILE), JSON.stringify(project))
    const ran = await run(komposeProgram(), ['convert', '--file', FILE, '--stdout'], { cwd: folder, env })
    const said = new Set(
      ran.stderr
        .split('\n')
        .filter((line) => /WARN|FATA|ERRO/.test(line))
        .map(plain),
    )
    if (ran.status !== 0) return { objects: [], refused: true, made: '', said }
    const objects = parseAllDocuments(ran.stdout).flatMap((document) => {
      const object: unknown = document.toJS()
      return object === null ? [] : [object]
    })
    return { objects, refused: objects.length === 0, made: JSON.stringify(objects), said }
  },
}

/** Without colours. */
const plain = (line: string): string => line.replaceAll(/\u001B\[[0-9;]*m/g, '').trim()
