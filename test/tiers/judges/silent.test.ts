// No field of a Compose file is lost in silence: whatever makes no difference to the deployed thing is said, or is one of
// the few that say nothing themselves, listed here one by one.
import { expect, it } from 'vitest'
import type { Case } from '../../compose/corpus.ts'
import { casesOf, corpusCases } from '../../judges/apps.ts'
import { measure, prepare } from '../../judges/kompose/measure.ts'
import { ours } from '../../judges/kompose/tools.ts'

const ANYWAY = 'asks for what every service gets that does not run as root'
const TWICE = 'says again what another field of the service says'
const NOTHING = 'is empty, or belongs to a health check that is disabled'

const SAY_NOTHING: Readonly<Record<string, string>> = {
  'deploy empty: deploy.restart_policy': NOTHING,
  'deploy legacy-limits-equal: cpus': TWICE,
  'deploy legacy-limits-equal: mem_limit': TWICE,
  'deploy legacy-limits-equal: mem_reservation': TWICE,
  'deploy one-replica-with-container-name: deploy.replicas':
    'asks for one replica, which is what a name of the container means',
  'hardenable api-and-postgres: cap_drop': ANYWAY,
  'hardenable api-and-postgres: security_opt': ANYWAY,
  'hardenable bound-low-port: cap_drop': ANYWAY,
  'hardenable short-limits: mem_reservation': TWICE,
  'hardenable short-limits: scale': TWICE,
  'hardenable vault-like: cap_drop': ANYWAY,
  'merge healthcheck-disable-merge: healthcheck.interval': NOTHING,
  'merge healthcheck-disable-merge: healthcheck.test': NOTHING,
  'networks links-with-depends-on: links': TWICE,
}

const LONGEST_MS = 600_000

interface Told {
  readonly silent: readonly string[]
  readonly kept: number
}

const toldOf = async (source: Case): Promise<Told> => {
  const { files, remove } = await prepare([source])
  try {
    const fates = [...(await measure(ours, files, null)).fates]
    const silent = fates.filter(([, fate]) => fate.silent > 0)
    return {
      silent: silent.map(([field]) => `${source.topic} ${source.name}: ${field}`),
      kept: fates.reduce((sum, [, fate]) => sum + fate.kept, 0),
    }
  } finally {
    remove()
  }
}

it(
  'no field of any file is lost without a word, but for those that say nothing',
  async () => {
    const told: Told[] = []
    for (const source of [...casesOf('public'), ...casesOf('hardenable'), ...corpusCases()])
      told.push(await toldOf(source))
    expect(told.flatMap(({ silent }) => silent).sort()).toEqual(Object.keys(SAY_NOTHING).sort())
    expect(told.reduce((sum, { kept }) => sum + kept, 0)).toBeGreaterThan(1000)
  },
  LONGEST_MS,
)
