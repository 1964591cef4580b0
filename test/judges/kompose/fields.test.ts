import { describe, expect, it } from 'vitest'
import { fieldsOf } from './fields.ts'

const project = {
  name: 'shop',
  services: {
    web: {
      image: 'web:1',
      command: null,
      networks: { default: null },
      restart: 'always',
      privileged: true,
      deploy: { replicas: 2, resources: { limits: { cpus: 0.5 } } },
      volumes: [
        { type: 'bind', source: '/a', target: '/a' },
        { type: 'volume', source: 'data', target: '/d' },
      ],
    },
    db: { image: 'db:1', 'x-stormport': { singleton: true } },
  },
  volumes: { data: { name: 'shop_data', driver: 'local', labels: {} } },
}

const fields = fieldsOf(project)
const variantsOf = (name: string) => fields.find((field) => field.name === name)?.variants ?? []

describe('the fields of a project', () => {
  it('are what the file writes, mappings by their keys and mounts by their type', () => {
    expect(fields.map((field) => field.name)).toEqual([
      'deploy.replicas',
      'deploy.resources.limits.cpus',
      'image',
      'privileged',
      'restart',
      'volumes (bind)',
      'volumes (volume)',
      'volumes.driver (top level)',
    ])
  })

  it('are taken out of every service, and set to another value where the written one may be the usual one', () => {
    const [without, other] = variantsOf('restart')
    expect(without).toMatchObject({ services: { web: { image: 'web:1' }, db: { image: 'db:1' } } })
    expect(JSON.stringify(without)).not.toContain('restart')
    expect(other).toMatchObject({ services: { web: { restart: 'no' } } })
    expect(variantsOf('privileged')[1]).toMatchObject({ services: { web: { privileged: false } } })
    expect(variantsOf('deploy.resources.limits.cpus')[1]).toMatchObject({
      services: { web: { deploy: { resources: { limits: { cpus: 0.25 } } } } },
    })
  })

  it('keep the image, which a file cannot do without, and change it', () => {
    expect(variantsOf('image')).toHaveLength(1)
    expect(variantsOf('image')[0]).toMatchObject({ services: { web: { image: 'example.com/other:2' } } })
  })

  it('are single types of mounts', () => {
    expect(variantsOf('volumes (bind)')[0]).toMatchObject({
      services: { web: { volumes: [{ type: 'volume', source: 'data' }] } },
    })
  })
})
