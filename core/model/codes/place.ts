// Codes about scheduling and placement (SP20xx, SP21xx, SP22xx).
import type { CodeText } from './index.ts'

export const placeCodes = {
  SP2001: {
    title: 'no room for all replicas',
    meaning:
      'The targets that may run the service do not have enough free CPU, memory, GPUs, ports or suitable nodes for all its replicas. The refusals say how many nodes refused for which reason.',
    remedy: 'Free or add capacity, lower deploy.resources.reservations, or allow another target.',
  },
  SP2002: {
    title: 'no target is allowed to run the service',
    meaning: 'x-stormport.targets of the service names no target of the fleet that could take it.',
    remedy: 'Add a target or a site to x-stormport.targets, or remove the key to allow every target.',
  },
  SP2003: {
    title: 'free capacity is not known',
    meaning:
      'The target does not tell how much is free, mostly for want of a right. Its capacity counts as sufficient for the plan, and as none when failover is proven.',
    remedy: 'Grant the right to read nodes, or ignore the note if you know that there is room.',
  },
  SP2004: {
    title: 'the environment names another service',
    meaning:
      'A value of the environment names a service of the same application as a host. Names resolve inside one target, so both are placed on the same targets.',
    remedy: 'Nothing, if that is right. Else give the address with x-stormport.reach.',
  },
  SP2005: {
    title: 'minPerTarget asks for more replicas than there are',
    meaning: 'minPerTarget times the number of allowed targets is above deploy.replicas, so both cannot hold.',
    remedy: 'Raise deploy.replicas, lower minPerTarget, or name fewer targets.',
  },
  SP2006: {
    title: 'no price is known',
    meaning: 'The strategy cheapest compares prices of targets. A target without a known price comes last.',
    remedy: 'Give the target prices in stormport.yaml.',
  },
  SP2007: {
    title: 'the nodes of a global service cannot be counted',
    meaning:
      'A service of mode global runs once per eligible node. The nodes of the target are not known here; the target itself starts one on each.',
    remedy: 'Nothing. The right to read nodes makes the count exact.',
  },
  SP2008: {
    title: 'a target does not answer',
    meaning:
      'The target keeps its last known placement and receives nothing now. Its replicas are not moved: that is for failover to decide. It is owed the release.',
    remedy: 'Deploy again when the target answers.',
  },
  SP2009: {
    title: 'separate data on each target',
    meaning:
      'A service that runs on several targets mounts a named volume. Each target has a volume of its own; nothing is copied between them.',
    remedy: 'Nothing, if that is right, as for caches. Else remove place.each so that the service lives on one target.',
  },
  SP2010: {
    title: 'a volume exists on several targets',
    meaning:
      'Data of the same volume was found on more than one target. A service with a named volume lives on exactly one.',
    remedy: 'Look at both volumes and remove or rename the one that is not needed.',
  },
  SP2203: {
    title: 'a peer is missing on the target',
    meaning:
      'Names resolve inside one target. The service needs another one beside it (depends_on, links, a declared network, place.with or a host named in its environment), which does not run there.',
    remedy: 'Allow the peer on the target, or give its address there with x-stormport.reach.',
  },
  SP2204: {
    title: 'the volume is on another target',
    meaning:
      'A service with a named volume lives on exactly one target: where its volume is. Volumes are never moved, and the service is never started on an empty one.',
    remedy: 'Allow the target that holds the volume, or move the data first.',
  },
  SP2205: {
    title: 'the target is taken out of service',
    meaning: 'Failover has sealed the target: it receives nothing and its replicas count as gone.',
    remedy: 'Bring the target back when it is healthy.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
