// Where a service is reached from outside, told from what the cluster itself says.
import { expect, it } from 'vitest'
import { endpointsOf, nodeAddress } from './endpoints.ts'

const node = (name: string, ready: string, addresses: readonly (readonly [type: string, address: string])[]) => ({
  kind: 'Node',
  metadata: { name },
  status: {
    conditions: [{ type: 'Ready', status: ready }],
    addresses: addresses.map(([type, address]) => ({ type, address })),
  },
})

const web = (spec: Readonly<Record<string, unknown>>) => ({
  kind: 'Service',
  metadata: { name: 'web-nodeport', labels: { 'stormport.dev/service': 'web' } },
  spec,
})

it('a node port is reached at an outer address of a node that is ready, else at an inner one', () => {
  const inner = node('a', 'True', [['InternalIP', '10.0.0.1']])
  const both = node('b', 'True', [
    ['InternalIP', '10.0.0.2'],
    ['ExternalIP', '203.0.113.2'],
  ])
  const down = node('0', 'False', [['ExternalIP', '203.0.113.9']])
  expect(nodeAddress([both, inner, down])).toBe('203.0.113.2')
  expect(nodeAddress([inner, down])).toBe('10.0.0.1')
  expect(nodeAddress([down])).toBeNull()
})

it('a node port has a URL once the cluster has chosen it and a node is known', () => {
  const open = web({ type: 'NodePort', ports: [{ port: 8080, nodePort: 31080, protocol: 'TCP' }] })
  expect(endpointsOf([open], '10.0.0.1').get('web')).toEqual(['http://10.0.0.1:31080'])
  expect(endpointsOf([open], null).get('web')).toEqual([])
  const waiting = web({ type: 'NodePort', ports: [{ port: 8080, protocol: 'TCP' }] })
  expect(endpointsOf([waiting], '10.0.0.1').get('web')).toEqual([])
})

it('a balanced service is reached at what the balancer has, with its own port', () => {
  const balanced = {
    ...web({ type: 'LoadBalancer', ports: [{ port: 443, appProtocol: 'https', nodePort: 31443 }] }),
    status: { loadBalancer: { ingress: [{ hostname: 'lb.example' }, { ip: '2001:db8::1' }] } },
  }
  expect(endpointsOf([balanced], '10.0.0.1').get('web')).toEqual([
    'https://lb.example:443',
    'https://[2001:db8::1]:443',
  ])
})
