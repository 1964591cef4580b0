// Takes desired objects from the engine: one idempotent step each, stored before anything is done. Nothing here waits
// for health.
import { randomBytes } from 'node:crypto'
import { StormportError } from '../../../core/errors.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { reviveSecrets } from '../../../core/model/release-json.ts'
import { collectSecrets } from '../../../core/model/secret-walk.ts'
import type { ApplyParams } from '../protocol.ts'
import type { LocalBody, WorkBody } from '../spec.ts'
import type { Kit } from './kit.ts'
import { ensureOn, homeOf } from './launch.ts'
import { type Work, workId } from './model.ts'
import type { StoredObject } from './objects.ts'
import { portTaken } from './proxy-sync.ts'
import { applySpec, clearedFailure, removeSpec } from './reconcile/apply.ts'
import { specVersion } from './reconcile/spec-version.ts'
import type { AppKey } from './store.ts'

interface Put extends AppKey {
  readonly release: number
  readonly rollback: boolean
  readonly object: NativeObject
  readonly body: LocalBody
}

export const applyDesired = async (
  params: ApplyParams,
  kit: Kit,
  signal: AbortSignal,
): Promise<{ readonly changed: boolean }> => {
  const key = { target: params.target.name, app: params.app }
  if (params.action.kind === 'remove') return { changed: removeObject(key, params.action.id, kit) }
  await kit.claims.beforeChange(key, signal)
  const body = reviveBody(params.action.object)
  storeValues(key, body, params.values, kit)
  const put: Put = { ...key, release: params.release, rollback: params.rollback, object: params.action.object, body }
  forgetOlderFailures(put, kit)
  return { changed: await putObject(put, kit, signal) }
}

/** The only writer of these bodies is render.ts, on the other side of our own socket. */
const reviveBody = (object: NativeObject): LocalBody => {
  const body = reviveSecrets(object.body)
  if (!isBody(body))
    throw new StormportError('Internal', `${object.id} has no body of a local target`, { source: 'internal' })
  return body
}

const isBody = (value: unknown): value is LocalBody =>
  typeof value === 'object' && value !== null && 'kind' in value && 'app' in value

const storeValues = (key: AppKey, body: LocalBody, values: Readonly<Record<string, string>>, kit: Kit): void => {
  kit.secrets.put(key, values)
  for (const secret of collectSecrets(body)) {
    if (!kit.secrets.has(key, secret.ref))
      throw new StormportError(
        'InvalidSpec',
        `the value of secret ${secret.name} is not known on this machine any more`,
        {
          diagnostic: 'SP4021',
          source: 'user',
          target: key.target,
          hint: 'deploy from where the value is known',
        },
      )
  }
}

/** A newer release is on its way: what was taken back before has been seen. */
const forgetOlderFailures = (put: Put, kit: Kit): void => {
  const seen = kit.ledger
    .worksOf(put)
    .filter((w) => w.rollout.failure !== null && w.rollout.failure.release < put.release)
  const works = seen.map(clearedFailure).filter((w, i) => w !== seen[i])
  if (works.length > 0) kit.ledger.write({ works })
}

const putObject = async (put: Put, kit: Kit, signal: AbortSignal): Promise<boolean> => {
  const { body, object } = put
  const before = kit.ledger.object({ ...put, id: object.id })
  const stored = storedObject(put, before)
  if (body.kind === 'service' || body.kind === 'job' || body.kind === 'cron')
    return putWork(put, { body, stored, before }, kit)
  if (before?.hash === object.hash && !before.removing) return false
  kit.ledger.write({ objects: [stored] })
  try {
    await makePresent(stored, kit, signal)
  } catch (error) {
    // What somebody else was to make is not there: the next deploy must look for it again.
    if (before === undefined && isExternal(body)) kit.ledger.write({ dropObjects: [stored] })
    throw error
  }
  return true
}

const isExternal = (body: LocalBody): boolean => (body.kind === 'network' || body.kind === 'volume') && body.external

const makePresent = async (stored: StoredObject, kit: Kit, signal: AbortSignal): Promise<void> => {
  const { body } = stored
  const nodes = kit.nodes.nodesOf(stored.target)
  if (body.kind === 'network')
    for (const node of nodes) if (node.engine.kind === 'docker') await ensureOn(stored, node, kit.ledger, signal)
  const home = body.kind === 'volume' ? homeOf(body, nodes) : undefined
  if (home !== undefined) await ensureOn(stored, home, kit.ledger, signal)
}

const storedObject = (put: Put, before: StoredObject | undefined): StoredObject => ({
  target: put.target,
  app: put.app,
  id: put.object.id,
  kind: put.body.kind,
  name: put.object.name,
  service: put.object.service ?? null,
  stage: put.object.stage,
  guard: put.object.guard,
  hash: put.object.hash,
  release: put.release,
  body: put.body,
  uid: before?.uid ?? randomBytes(6).toString('hex'),
  nodes: before?.nodes ?? {},
  removing: false,
  trouble: null,
})

const putWork = async (
  put: Put,
  given: { readonly body: WorkBody; readonly stored: StoredObject; readonly before: StoredObject | undefined },
  kit: Kit,
): Promise<boolean> => {
  const key = { target: put.target, app: put.app, service: given.body.service }
  const id = workId(key)
  const work = kit.ledger.work(id) ?? null
  const spec = specVersion(put.object, given.body, put.release)
  const next = applySpec(work, { key, spec, now: kit.clock.now(), rollback: put.rollback })
  const changed = work === null || work.spec?.hash !== next.spec?.hash || work.rollout !== next.rollout
  if (!changed && given.before?.hash === given.stored.hash && !given.before.removing) return false
  kit.ledger.write({ works: [next], objects: [given.stored] })
  if (given.body.ports.length > 0) await openDoors(work, next, { given, kit })
  kit.kick(id)
  return changed
}

/**
 * A port that is taken is said before anything of the service starts. Not given up when the client has gone: what is
 * stored must be started, for a repeated step finds nothing to do.
 */
const openDoors = async (
  before: Work | null,
  next: Work,
  { given, kit }: { readonly given: { readonly stored: StoredObject }; readonly kit: Kit },
): Promise<void> => {
  await kit.proxy.push()
  const taken = portTaken(kit.proxy.errorsOf(next), next.target)
  if (taken === null) return
  if (before === null) kit.ledger.write({ dropWorks: [next], dropObjects: [given.stored] })
  void kit.proxy.push()
  throw taken
}

const removeObject = (key: AppKey, id: string, kit: Kit): boolean => {
  const object = kit.ledger.object({ ...key, id })
  if (object === undefined || object.removing) return false
  if (object.service !== null) return removeWork(object, object.service, kit)
  kit.ledger.write({ objects: [{ ...object, removing: true }] })
  kit.freed()
  return true
}

/** The object stays to be seen until the last replica is gone; `forgetWork` ends it. */
const removeWork = (object: StoredObject, service: string, kit: Kit): boolean => {
  const id = workId({ ...object, service })
  const work = kit.ledger.work(id)
  // A service that became a job is the same work under another object.
  if (work?.spec?.body.kind !== object.kind) kit.ledger.write({ dropObjects: [object] })
  else kit.ledger.write({ works: [removeSpec(work)], objects: [{ ...object, removing: true }] })
  void kit.proxy.push()
  kit.kick(id)
  return true
}

/** A service is gone when its doors are closed too: whoever waits for its removal may open the port elsewhere. */
export const forgetWork = async (work: Work, kit: Kit): Promise<void> => {
  await kit.proxy.push()
  const id = workId(work)
  const now = kit.ledger.work(id)
  // It may have come back meanwhile, or have been forgotten by an earlier call.
  if (now === undefined || now.spec !== null || kit.ledger.allocsOf(id).length > 0) return
  const objects = kit.ledger.objectsOf(now).filter((o) => o.service === now.service && o.removing)
  kit.ledger.write({ dropWorks: [now], dropObjects: objects })
  kit.freed()
}
