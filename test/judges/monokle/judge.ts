// The program that asks @monokle/validation: standard input names the library, the schemas and the manifests; standard
// output gets the findings. One application at a time, so that links are looked for inside it. What the library only logs
// (a plugin or a rule that failed) ends the program.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { parseAllDocuments } from 'yaml'

interface Request {
  readonly module: string
  readonly schemas: string
  readonly paths: readonly string[]
}

interface Resource {
  readonly id: string
  readonly fileId: string
  readonly filePath: string
  readonly fileOffset: number
  readonly name: string
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly content: unknown
  readonly text: string
}

interface Result {
  readonly ruleId: string
  readonly message: { readonly text: string }
  readonly locations: readonly {
    readonly physicalLocation: { readonly artifactLocation: { readonly uriBaseId: string; readonly uri: string } }
    readonly logicalLocations?: readonly { readonly kind: string; readonly fullyQualifiedName: string }[]
  }[]
}

interface Validator {
  preload(config: unknown): Promise<void>
  getFailedPlugins(): readonly string[]
  getPlugins(): readonly unknown[]
  readonly rules: Readonly<Record<string, readonly { readonly id: string }[]>>
  validate(what: { readonly resources: readonly Resource[] }): Promise<{
    readonly runs: readonly { readonly results: readonly Result[] }[]
  }>
}

type Made = new (...given: never[]) => object

interface Library {
  readonly MonokleValidator: new (init: unknown) => Validator
  readonly RemotePluginLoader: new (load: unknown) => object
  readonly requireFromStringCustomPluginLoader: unknown
  readonly ResourceParser: Made
  readonly SchemaLoader: new () => { registerCustomSchema(key: string, schema: unknown): void }
  readonly AnnotationSuppressor: Made
  readonly DisabledFixer: Made
  processRefs(resources: readonly Resource[], parser: object): readonly Resource[]
}

const VERSION = '1.36.0'
/**
 * Left out: open-policy-agent (downloads its policies when it runs; `practices` holds the same rules as code),
 * admission-policy (judges objects that render does not make), metadata (wants the label app.kubernetes.io/managed, which
 * nothing else knows; the standard one is managed-by).
 */
const PLUGINS = ['kubernetes-schema', 'yaml-syntax', 'pod-security-standards', 'practices', 'resource-links']
/** Half of their rules are off unless asked for; here every one is asked for. */
const WHOLE = ['pod-security-standards', 'practices', 'resource-links']

const resourcesIn = (path: string): readonly Resource[] =>
  parseAllDocuments(readFileSync(path, 'utf8')).map((document, i) => {
    const content = document.toJS() as {
      apiVersion: string
      kind: string
      metadata: { name: string; namespace?: string }
    }
    const { name, namespace } = content.metadata
    return {
      id: `${path}#${i}`,
      fileId: path,
      filePath: path,
      fileOffset: 0,
      name,
      apiVersion: content.apiVersion,
      kind: content.kind,
      namespace: namespace ?? name,
      content,
      text: JSON.stringify(content, null, 1),
    }
  })

const openValidator = async (library: Library, schemas: string): Promise<{ validator: Validator; parser: object }> => {
  const schemaLoader = new library.SchemaLoader()
  schemaLoader.registerCustomSchema(VERSION, JSON.parse(readFileSync(join(schemas, 'definitions.json'), 'utf8')))
  const parser = new library.ResourceParser()
  const validator = new library.MonokleValidator({
    loader: new library.RemotePluginLoader(library.requireFromStringCustomPluginLoader),
    parser,
    schemaLoader,
    // Nothing in a manifest can silence this judge.
    suppressors: [],
    fixer: new library.DisabledFixer(),
  })
  const plugins = Object.fromEntries(PLUGINS.map((name) => [name, true]))
  const settings = { debug: true, 'kubernetes-schema': { schemaVersion: VERSION } }
  await validator.preload({ plugins, settings })
  const rules = WHOLE.flatMap((plugin) => (validator.rules[plugin] ?? []).map(({ id }) => [id, true] as const))
  await validator.preload({ plugins, settings, rules: Object.fromEntries(rules) })
  if (validator.getPlugins().length !== PLUGINS.length)
    throw new Error(`plugins not loaded: ${validator.getFailedPlugins().join(', ')}`)
  return { validator, parser }
}

const main = async (): Promise<void> => {
  const logged: string[] = []
  console.error = (...words) => logged.push(words.map(String).join(' '))
  console.log = console.error
  const { module, schemas, paths } = JSON.parse(await text(process.stdin)) as Request
  const library = (await import(pathToFileURL(module).href)) as Library
  const { validator, parser } = await openValidator(library, schemas)
  const findings: unknown[] = []
  let judged = 0
  for (const path of paths) {
    const resources = library.processRefs(resourcesIn(path), parser)
    const byId = new Map(resources.map((resource) => [resource.id, resource]))
    judged += resources.length
    const { runs } = await validator.validate({ resources })
    for (const result of runs.flatMap((one) => one.results)) {
      const at = result.locations.find((l) => l.physicalLocation.artifactLocation.uriBaseId === 'RESOURCE')
      const found = byId.get(at?.physicalLocation.artifactLocation.uri ?? '')
      const element = at?.logicalLocations?.find((l) => l.kind === 'element')?.fullyQualifiedName ?? ''
      findings.push({
        rule: result.ruleId,
        namespace: found?.namespace ?? '',
        kind: found?.kind ?? '',
        name: found?.name ?? '',
        message: `${result.message.text} ${element}`.trim(),
      })
    }
  }
  if (logged.length > 0) throw new Error(logged.slice(0, 5).join('\n'))
  process.stdout.write(JSON.stringify({ findings, judged }))
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}
