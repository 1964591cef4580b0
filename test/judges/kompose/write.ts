// Measures both tools and writes docs/kompose.md, after .ci/setup-judges.sh: node test/judges/kompose/write.ts
// [--without-server] [public] [hardenable] [corpus].
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { casesOf, corpusCases } from '../apps.ts'
import { makeLevelNamespaces } from '../dry-run.ts'
import { VERSIONS } from '../paths.ts'
import { measure, prepare } from './measure.ts'
import { type Corpus, komposePage, type Tried } from './page.ts'
import { kompose, ours } from './tools.ts'

const CORPORA = [
  {
    key: 'public',
    name: 'Files as people publish them',
    what: 'Written in the manner of public files: no user, no limits, passwords in the environment, bind mounts, sockets (`test/judges/public`).',
    cases: () => casesOf('public'),
  },
  {
    key: 'hardenable',
    name: 'Files that can be hardened',
    what: 'Users, limits, health checks and read-only file systems are stated (`test/judges/hardenable`).',
    cases: () => casesOf('hardenable'),
  },
  {
    key: 'corpus',
    name: 'The corpus of the loader',
    what: 'Small files, each about one feature of Compose (`test/compose/corpus`); those that the reference loader refuses are left out.',
    cases: corpusCases,
  },
] as const

const NO_SERVER = '--without-server'
const WANTED = process.argv.slice(2).filter((word) => word !== NO_SERVER)

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'kompose.md')

const corpusOf = async ({ name, what, cases }: (typeof CORPORA)[number], plane: Plane | null): Promise<Corpus> => {
  const prepared = await prepare(cases())
  try {
    const tried: Tried[] = []
    for (const tool of [ours, kompose])
      tried.push({ tool: tool.name, measured: await measure(tool, prepared.files, plane) })
    return { name, what, tried }
  } finally {
    prepared.remove()
  }
}

/** Written after each corpus: a run that is stopped leaves a page about what it measured. */
const write = async (plane: Plane | null): Promise<void> => {
  const corpora: Corpus[] = []
  for (const one of CORPORA.filter(({ key }) => WANTED.length === 0 || WANTED.includes(key))) {
    corpora.push(await corpusOf(one, plane))
    const page = komposePage({
      date: new Date().toISOString().slice(0, 10),
      kompose: VERSIONS.kompose,
      kubernetes: plane === null ? null : plane.version.slice(1),
      command: ['node test/judges/kompose/write.ts', ...process.argv.slice(2)].join(' '),
      corpora,
    })
    writeFileSync(PAGE, page)
  }
}

const main = async (): Promise<void> => {
  if (process.argv.includes(NO_SERVER)) return write(null)
  const plane = await startPlane({ name: 'kompose', minor: '1.36' })
  try {
    await makeLevelNamespaces(plane)
    await write(plane)
  } finally {
    await plane.stop()
  }
}

await main()
