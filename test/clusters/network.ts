// A network namespace with one link to the machine. It has no default route: what leaves a plane ends at the machine.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Slot } from './slot.ts'

const run = promisify(execFile)

export const SERVICE_RANGE = '10.96.0.0/16'
export const LINK = 'eth0'

export const makeNamespace = async (slot: Slot): Promise<void> => {
  const ip = (...argv: readonly string[]): Promise<unknown> => run('ip', [...argv])
  await ip('netns', 'add', slot.label)
  await ip('link', 'add', slot.label, 'type', 'veth', 'peer', 'name', LINK, 'netns', slot.label)
  await ip('address', 'add', `${slot.gateway}/24`, 'dev', slot.label)
  await ip('link', 'set', slot.label, 'up')
  await ip('-n', slot.label, 'link', 'set', 'lo', 'up')
  await ip('-n', slot.label, 'address', 'add', `${slot.address}/24`, 'dev', LINK)
  await ip('-n', slot.label, 'link', 'set', LINK, 'up')
  // A service's address must have a route before kube-proxy's rules can rewrite it.
  await ip('-n', slot.label, 'route', 'add', SERVICE_RANGE, 'dev', LINK)
}

/** Goes before a program's argv. Not `ip netns exec`: that one mounts a new /sys, in which a kubelet finds no cgroups. */
export const inNamespace = (label: string): readonly [string, ...string[]] => [
  'nsenter',
  `--net=/run/netns/${label}`,
  '--',
]

/** Taking the link down instead would let packets leave by another route and be answered by something else. */
export const setCut = async (label: string, cut: boolean): Promise<void> => {
  const [program, ...args] = inNamespace(label)
  for (const [chain, side] of [
    ['INPUT', '-i'],
    ['OUTPUT', '-o'],
  ] as const) {
    await run(program, [...args, 'iptables', '-w', cut ? '-I' : '-D', chain, side, LINK, '-j', 'DROP'])
  }
}
