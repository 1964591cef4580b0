import { describe, expect, it } from 'vitest'
import { clusterSpec } from '../../../test/builders/kubernetes.ts'
import { nfsOf, volumeOf } from './volume-kind.ts'

const shareOf = (driver: string) =>
  nfsOf(
    volumeOf(
      'data',
      clusterSpec(`
services: { web: { image: web:1, volumes: ["data:/d"] } }
volumes: { data: { ${driver} driver_opts: { type: nfs, o: "addr=10.0.0.1,rw", device: ":/data" } } }
`),
    ),
  )

describe('an NFS share', () => {
  it.each(['', 'driver: local,'])('is what the options of the local driver mount (%s)', (driver) => {
    expect(shareOf(driver)).toEqual({ server: '10.0.0.1', path: '/data' })
  })

  it('is not what another driver makes of the same options', () => {
    expect(shareOf('driver: cloudstor,')).toBeNull()
  })
})
