// Does a container engine answer at this address: one ping, so that the driver of a target can be chosen before any
// daemon runs. Only sockets of this machine are asked.
import { http } from './builtin-http.ts'

const PING_MS = 1_500

export const engineAnswers = (host: string, signal: AbortSignal): Promise<boolean> => {
  const address = addressOf(host)
  if (address === null) return Promise.resolve(false)
  return new Promise((resolve) => {
    const ping = http().request({ ...address, path: '/_ping', timeout: PING_MS, signal, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.on('timeout', () => ping.destroy())
    ping.on('error', () => resolve(false))
    ping.end()
  })
}

const addressOf = (
  host: string,
): { readonly socketPath: string } | { readonly host: string; readonly port: number } | null => {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) }
  const tcp = /^tcp:\/\/(127\.0\.0\.1|localhost|\[::1\]):(\d+)\/?$/.exec(host)
  return tcp?.[1] !== undefined ? { host: tcp[1].replace(/[[\]]/g, ''), port: Number(tcp[2]) } : null
}
