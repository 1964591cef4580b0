// Long answers of the fake: watch, pod logs and exec, as lines of JSON until the client or the work ends.
import type { ServerResponse } from 'node:http'
import type { Controllers } from './controllers.ts'
import type { ObjectStore } from './store.ts'

const open = (response: ServerResponse): ((line: unknown) => void) => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.flushHeaders()
  return (line) => void response.write(`${JSON.stringify(line)}\n`)
}

/** Present state first, then every change of the namespace. */
export const streamWatch = (store: ObjectStore, namespace: string, response: ServerResponse): void => {
  const send = open(response)
  for (const kind of ['Deployment', 'Service', 'Secret', 'PersistentVolumeClaim', 'Pod', 'Event'])
    for (const object of store.list(kind, namespace)) send({ type: 'put', object })
  send({ type: 'synced' })
  const stop = store.subscribe((change) => {
    if (change.object.namespace === namespace) send(change)
  })
  response.on('close', stop)
}

export const streamLogs = (
  controllers: Controllers,
  at: { readonly namespace: string; readonly follow: boolean },
  response: ServerResponse,
): void => {
  const send = open(response)
  for (const line of controllers.logs) if (line.namespace === at.namespace) send(line)
  if (!at.follow) {
    response.end()
    return
  }
  const stop = controllers.onLog((line) => {
    if (line.namespace === at.namespace) send(line)
  })
  response.on('close', stop)
}

/** A shell of three words: exit N, echo TEXT, wait. */
export const streamExec = (argv: readonly string[], response: ServerResponse): void => {
  const send = open(response)
  const [word, argument = ''] = argv
  if (word === 'wait') return
  if (word === 'echo') send({ stdout: `${argument}\n` })
  const code = word === 'exit' ? Number(argument) : word === 'echo' ? 0 : 127
  send({ exit: code })
  response.end()
}
