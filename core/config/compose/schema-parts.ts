// Forms that many attributes of Compose share.
import { dictionary, either, listOf, nil, oneOf, record, scalar, setOf, strict, string } from './rule.ts'

export const NAME = /^[a-zA-Z0-9._-]+$/
export const flag = scalar('boolean', 'string')
export const count = scalar('integer', 'string')
export const number = scalar('number', 'string')
export const strings = setOf(string)
export const stringOrSet = either(string, strings)
export const dictOrList = either(dictionary(scalar('string', 'number', 'boolean', 'null'), /./, true), setOf(string))
export const command = either(nil, string, listOf(string))
export const extraHosts = either(dictionary(either(string, listOf(string)), /./, true), setOf(string))

export const ulimits = dictionary(
  either(count, record({ hard: count, soft: count }, ['soft', 'hard'])),
  /^[a-z]+$/,
  false,
)

export const fileMounts = listOf(
  either(string, record({ source: string, target: string, uid: string, gid: string, mode: number })),
)

const device = {
  capabilities: strings,
  count,
  device_ids: strings,
  driver: string,
  options: dictOrList,
}

export const devices = listOf(record(device, ['capabilities']))
/** Unlike `devices`, the specification leaves the keys of a `gpus` entry open. */
export const gpus = either(oneOf('all'), listOf({ ...strict(device), closed: false }))

export const hook = record({ command, user: string, privileged: flag, working_dir: string, environment: dictOrList }, [
  'command',
])
