// Load on a published port: at least 200 requests a second over kept and new connections, every answer counted. "Without a
// failed request" means that `failures` stays empty from 10 s before a change to 10 s after it.
import http from 'node:http'
import { get } from './world.ts'

export interface Load {
  readonly requests: () => number
  readonly failures: () => readonly string[]
  stop(): Promise<{ readonly requests: number; readonly perSecond: number; readonly failures: readonly string[] }>
}

const KEPT = 6
const PAUSE_MS = 10

export const startLoad = (url: string): Load => {
  const agents = Array.from({ length: KEPT }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }))
  const failures: string[] = []
  const from = performance.now()
  let count = 0
  let going = true
  const one = async (agent: http.Agent | false): Promise<void> => {
    const kind = agent === false ? 'new connection' : 'kept connection'
    await get(url, agent).then(
      (answer) => {
        if (answer.status < 200 || answer.status > 299) failures.push(`${kind}: status ${answer.status}`)
      },
      (error: Error) => failures.push(`${kind}: ${error.message}`),
    )
    count += 1
  }
  const worker = async (agent: http.Agent | false): Promise<void> => {
    while (going) {
      await one(agent)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  const workers = [...agents.map(worker), worker(false), worker(false), worker(false)]
  return {
    requests: () => count,
    failures: () => failures,
    stop: async () => {
      going = false
      await Promise.all(workers)
      for (const agent of agents) agent.destroy()
      return { requests: count, perSecond: (count / (performance.now() - from)) * 1000, failures }
    },
  }
}

/** Resolves when the load has run for so long: the span before and after a change that DESIGN section 12 asks for. */
export const loadFor = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
