import { expect, test } from 'vitest'
import type { App } from '../core/model/app.ts'
import type { ComposeProject } from '../core/model/compose.ts'
import { Secret } from '../core/model/secret.ts'
import { maskProject } from './mask-project.ts'

const project = {
  name: 'shop',
  services: {
    web: {
      environment: { LOG: 'debug', DB_PASSWORD: 'canary-1', EMPTY: null },
      command: ['run', '--token', 'canary-2'],
      healthcheck: { test: ['CMD', 'probe', 'canary-3'], interval: '5s' },
      build: { context: '/p', args: { NPM: 'canary-4', MODE: 'prod' } },
    },
  },
  configs: { shown: { content: 'public' }, hidden: { content: 'canary-5' } },
  secrets: { token: { content: 'canary-6', name: 'shop_token' } },
} as unknown as ComposeProject

const secret = (value: string): Secret => new Secret('x', value)

// The fields that masking reads.
const app = {
  services: [
    {
      name: 'web',
      environment: { LOG: 'debug', DB_PASSWORD: secret('canary-1') },
      command: ['run', '--token', secret('canary-2')],
      entrypoint: null,
      healthcheck: { test: ['CMD', 'probe', secret('canary-3')] },
      build: { args: { NPM: secret('canary-4'), MODE: 'prod' } },
    },
  ],
  configs: [
    { key: 'shown', content: 'public' },
    { key: 'hidden', content: secret('canary-5') },
  ],
} as unknown as App

test('secrets are hidden by place, everything else stays', () => {
  const masked = maskProject(project, app)
  expect(JSON.stringify(masked)).not.toContain('canary')
  expect(masked).toMatchObject({
    services: {
      web: {
        environment: { LOG: 'debug', DB_PASSWORD: '***', EMPTY: null },
        command: ['run', '--token', '***'],
        healthcheck: { interval: '5s' },
        build: { args: { NPM: '***', MODE: 'prod' } },
      },
    },
    configs: { shown: { content: 'public' } },
    secrets: { token: { name: 'shop_token' } },
  })
})

test('where nothing is known of the application, no environment value is shown', () => {
  expect(JSON.stringify(maskProject(project, null))).not.toMatch(/canary-[1456]/)
})
