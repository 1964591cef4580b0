// The two translators behind one question: what do you make of this project, and what do you say about it?
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadCompose, loadProject, printable } from '../../../core/config/index.ts'
import { canonicalJson } from '../../../core/model/canonical.ts'
import { type Diagnostic, hasErrors } from '../../../core/model/diagnostic.ts'
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
  /** The refusals among them. */
  readonly errors: ReadonlySet<string>
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

/** What the loader reads in such a file, as text; null: it is no Compose file. */
export const canonicalText = (project: Project, { folder, env }: Where): string | null => {
  const loaded = loadCompose(
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
    },
    withFile(join(folder, FILE), JSON.stringify(project)),
  )
  if (hasErrors(loaded.diagnostics) || loaded.project === null) return null
  return canonicalJson(printable(loaded.project, { unused: true }))
}

const lineOf = ({ code, service, message }: Diagnostic): string => `${code} ${service ?? ''} ${message}`

/** What deploy does around the objects counts as made: their order, what it waits for, builds, the failure action. */
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
    const said = new Set(findings.map(lineOf))
    const errors = new Set(findings.filter((d) => d.severity === 'error').map(lineOf))
    if (errors.size > 0) return { objects: [], refused: true, made: '', said, errors }
    const objects = render(spec.target, spec)
    const steps = app.services.map(({ build, update }) => [build, update.failureAction])
    const made = [objects.map((o) => [revealed(o), o.stage, o.after, o.awaits]), steps]
    return { objects: objects.map(revealed), refused: false, made: JSON.stringify(made), said, errors }
  },
}

export const kompose: Tool = {
  name: 'kompose',
  async convert(project, { folder, env }) {
    writeFileSync(join(folder, FILE), JSON.stringify(project))
    const ran = await run(komposeProgram(), ['convert', '--file', FILE, '--stdout'], { cwd: folder, env })
    const lines = ran.stderr.split('\n').map(plain)
    const said = new Set(lines.filter((line) => /^(?:WARN|ERRO|FATA)/.test(line)))
    const errors = new Set(lines.filter((line) => /^(?:ERRO|FATA)/.test(line)))
    if (ran.status !== 0) return { objects: [], refused: true, made: '', said, errors }
    const objects = parseAllDocuments(ran.stdout).flatMap((document) => {
      const object: unknown = document.toJS()
      return object === null ? [] : [object]
    })
    return { objects, refused: objects.length === 0, made: JSON.stringify(objects), said, errors }
  },
}

/** Without colours. */
const plain = (line: string): string => line.replaceAll(/\u001B\[[0-9;]*m/g, '').trim()
