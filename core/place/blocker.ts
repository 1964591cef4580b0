// Why a service may not run on a target at all, whatever is free there.
import type { Refusal } from '../model/placement.ts'
import type { Member } from './member.ts'
import type { Site } from './site.ts'

export type BlockerKind = 'notAllowed' | 'sealed' | 'refused' | 'volume' | 'peer'

export interface Blocker {
  readonly kind: BlockerKind
  readonly target: string
  readonly reason: string
  readonly code: string
  readonly hint: string
}

/** What the files, failover and the adapter say; null: nothing stands against it. */
export const staticBlocker = (member: Member, site: Site): Blocker | null => {
  const { name, service } = member
  if (!isAllowed(member, site)) {
    return blocker('notAllowed', site, 'x-stormport.targets does not name it', {
      code: 'SP2002',
      hint: `Add ${site.name} to x-stormport.targets of ${name}.`,
    })
  }
  if (site.sealed) {
    return blocker('sealed', site, 'failover has taken it out of service', {
      code: 'SP2205',
      hint: `Bring ${site.name} back with "failover restore ${site.name}".`,
    })
  }
  const refused = site.place.refuses[service.name]
  return refused === undefined ? null : blocker('refused', site, refused.reason, refused)
}

export const isAllowed = ({ service }: Member, site: Site): boolean => {
  const targets = service.extension.targets
  if (targets === null) return true
  return targets.some((each) =>
    'name' in each ? each.name === site.name : each.site === (site.target?.site ?? site.name),
  )
}

export const volumeBlocker = (site: Site, volume: string, home: string): Blocker =>
  blocker('volume', site, `its volume ${volume} is on ${home}`, {
    code: 'SP2204',
    hint: `Let it run on ${home}, or move the data first.`,
  })

export const peerBlocker = (
  site: Site,
  need: { readonly service: string; readonly peer: string; readonly runsOn: readonly string[] },
): Blocker => {
  const where = need.runsOn.length === 0 ? 'which runs nowhere' : `which runs only on ${need.runsOn.join(', ')}`
  return blocker('peer', site, `${need.service} on ${site.name} needs ${need.peer}, ${where}`, {
    code: 'SP2203',
    hint: `Allow ${need.peer} on ${site.name}, or give ${need.service} its address there: x-stormport.reach: { ${need.peer}: "HOST:PORT" }.`,
  })
}

export const refusalOf = ({ target, reason }: Blocker): Refusal => ({ target, reason, count: 1, example: '' })

const blocker = (
  kind: BlockerKind,
  site: Site,
  reason: string,
  rest: { readonly code: string; readonly hint: string },
): Blocker => ({
  kind,
  target: site.name,
  reason,
  code: rest.code,
  hint: rest.hint,
})
