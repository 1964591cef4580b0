// Brings one allocation up on its node: networks, volumes, image, create, start; or all but the start, ahead of it. Every
// step is idempotent by the allocation's id, so that a daemon that died in the middle simply does it again.
import { isStormportError, StormportError } from '../../../core/errors.ts'
import type { VolumeBody } from '../spec.ts'
import type { AllocState } from './driver.ts'
import type { Kit } from './kit.ts'
import type { Ledger } from './ledger.ts'
import { materialize } from './materialize.ts'
import type { Alloc } from './model.ts'
import type { PoolNode } from './nodes.ts'
import type { StoredObject } from './objects.ts'

export const launch = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<AllocState> => {
  const { driver } = node.engine
  const started = kit.unstarted.delete(alloc.id) ? await startMade(alloc, node, signal) : null
  if (started !== null) return started
  const made = await make(alloc, node, kit, signal)
  return made.phase === 'running' || made.phase === 'exited' ? made : driver.start(alloc.id, signal)
}

/** null: somebody has removed it since it was made. */
const startMade = async (alloc: Alloc, node: PoolNode, signal: AbortSignal): Promise<AllocState | null> => {
  try {
    return await node.engine.driver.start(alloc.id, signal)
  } catch (error) {
    if (isStormportError(error) && error.code === 'NotFound') return null
    throw error
  }
}

export const make = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<AllocState> => {
  const { driver } = node.engine
  const { container } = alloc.spec.body
  await prepare(alloc, node, kit, signal)
  if (container.image !== null) {
    // The first line comes when something is pulled at all.
    const pulling = (): void => kit.say(alloc.id, `pulling ${container.image}`)
    await driver.ensureImage(container.image, container.pullPolicy, pulling, signal)
    kit.say(alloc.id, null)
  }
  return driver.create(materialize(alloc, kit.ledger, kit.secrets), signal)
}

/** Networks and volumes of the allocation, on its node. */
const prepare = async (alloc: Alloc, node: PoolNode, kit: Kit, signal: AbortSignal): Promise<void> => {
  const { container } = alloc.spec.body
  const networks = container.networks.map((n) => `network/${n.name}`)
  const volumes = container.mounts.flatMap((m) => (m.kind === 'volume' ? [`volume/${m.name}`] : []))
  for (const id of [...networks, ...volumes]) {
    const object = kit.ledger.object({ target: alloc.target, app: alloc.app, id })
    if (object !== undefined) await ensureOn(object, node, kit.ledger, signal)
  }
}

/** Makes a network or volume present on a node, and remembers whether we made it: what was there before is never removed. */
export const ensureOn = async (
  object: StoredObject,
  node: PoolNode,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> => {
  const { driver } = node.engine
  const { body } = object
  if (body.kind !== 'network' && body.kind !== 'volume') return
  if (!(node.name in object.nodes)) {
    // Written before the effect: a network that we are about to make is ours even if its answer is lost.
    ledger.write({ objects: [withNode(ledger, object, node.name, true)] })
  }
  const { existed } =
    body.kind === 'network' ? await driver.ensureNetwork(body, signal) : await driver.ensureVolume(body, signal)
  if (existed) ledger.write({ objects: [withNode(ledger, object, node.name, false)] })
}

const withNode = (ledger: Ledger, object: StoredObject, node: string, ours: boolean): StoredObject => {
  const now = ledger.object(object) ?? object
  return { ...now, nodes: { ...now.nodes, [node]: ours } }
}

/** Nodes on which a new volume can only be made in one place are known at once; elsewhere the first replica decides. */
export const homeOf = (body: VolumeBody, nodes: readonly PoolNode[]): PoolNode | undefined => {
  const fitting = nodes.filter((n) => body.drivers.some((d) => (d === 'process') === (n.engine.kind === 'process')))
  return fitting.length === 1 ? fitting[0] : undefined
}

export const lastLogs = async (alloc: Alloc, node: PoolNode, signal: AbortSignal): Promise<readonly string[]> => {
  const lines: string[] = []
  try {
    for await (const line of node.engine.driver.logs(
      alloc.id,
      { follow: false, sinceMs: null, tail: LAST_LINES },
      signal,
    ))
      lines.push(line.text)
  } catch (error) {
    // Logs are a help, not a condition: what could be read is shown.
    if (!(error instanceof StormportError) && !signal.aborted) throw error
  }
  return lines.slice(-LAST_LINES)
}

const LAST_LINES = 10
