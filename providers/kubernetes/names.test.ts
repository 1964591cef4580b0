import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { applySetId, dnsLabel, dnsName, isDnsName, labelValue, namespaceOf, objectId } from './names.ts'

describe('names', () => {
  it('are legal whatever they are made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        expect(isDnsName(dnsName(text))).toBe(true)
        expect(dnsLabel(text)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
        expect(labelValue(text)).toMatch(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/)
        expect(dnsName(text, 52).length).toBeLessThanOrEqual(52)
      }),
    )
  })

  it('stay as they are where they can', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/), (text) => {
        expect(dnsName(text)).toBe(text)
      }),
    )
  })

  it('end in a hash where they had to be shortened, so that two long ones stay two', () => {
    const long = 'a'.repeat(70)
    expect(dnsName(long)).toMatch(/^a{56}-[0-9a-f]{6}$/)
    expect(dnsName(`${long}b`)).not.toBe(dnsName(long))
  })

  it('begin with a letter where Services need it', () => {
    expect(dnsName('3proxy')).toBe('x-3proxy')
    expect(dnsLabel('3proxy')).toBe('3proxy')
  })
})

describe('addresses', () => {
  it('hold the group without its version, so that a newer version is the same object', () => {
    const web = { kind: 'Deployment', namespace: 'shop', name: 'web' }
    expect(objectId({ ...web, apiVersion: 'apps/v1' })).toBe('apps/Deployment/shop/web')
    expect(objectId({ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'shop' })).toBe('core/Namespace/shop')
  })

  it('take the namespace of the target, else that of the app', () => {
    expect(namespaceOf(target('rack', { settings: { namespace: 'prod' } }), 'shop')).toBe('prod')
    expect(namespaceOf(target('rack'), 'my_shop')).toBe('my-shop')
  })

  it('name the ApplySet as kubectl does', () => {
    expect(applySetId('shop')).toMatch(/^applyset-[A-Za-z0-9_-]{43}-v1$/)
    expect(applySetId('shop').length).toBeLessThanOrEqual(63)
  })
})
