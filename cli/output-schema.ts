// JSON Schema of what --json prints, by verb (DESIGN section 9): the fields that scripts may rely on. Fields may be added.
interface Shape {
  readonly [field: string]:
    | 'string'
    | 'number'
    | 'boolean'
    | 'any'
    | 'string?'
    | 'number?'
    | Shape
    | readonly [Shape | 'string']
}

const finding: Shape = { code: 'string', severity: 'string', message: 'string' }

const shapes: Readonly<Record<string, Shape>> = {
  plan: {
    summary: {
      prepare: 'number',
      create: 'number',
      update: 'number',
      replace: 'number',
      move: 'number',
      scale: 'number',
      remove: 'number',
      unchanged: 'number',
      unplaceable: 'number',
      consent: ['string'],
      priceUsdPerHour: { before: 'number', after: 'number' },
    },
    changes: [
      {
        target: 'string',
        scope: 'string',
        service: 'string?',
        kind: 'string',
        name: 'string',
        action: 'string',
        because: 'string',
        consent: 'string',
        diff: 'any',
      },
    ],
    placements: [
      { service: 'string', target: 'string', pool: 'string?', node: 'string?', count: 'number', slots: 'string?' },
    ],
    unplaceable: [
      {
        service: 'string',
        count: 'number',
        refusals: [{ target: 'string', reason: 'string', count: 'number', example: 'string' }],
      },
    ],
    exposed: [{ target: 'string', service: 'string', host: 'string', port: 'number?', reach: 'string' }],
    ifLost: [{ target: 'string', services: 'any', verdict: 'string' }],
    diagnostics: [finding],
  },
  render: { objects: [{ target: 'string', provider: 'string', kind: 'string', name: 'string', object: 'any' }] },
  status: {
    app: 'string',
    release: 'number?',
    state: 'string',
    targets: [
      {
        name: 'string',
        provider: 'string',
        reachable: 'boolean',
        observedAt: 'string',
        state: 'string',
        release: 'number?',
        owed: 'boolean',
        standby: 'any',
        services: [{ name: 'string', desired: 'number', ready: 'number', release: 'number?', endpoints: ['string'] }],
      },
    ],
    control: { active: 'boolean' },
    daemon: { version: 'string?' },
  },
  ps: {
    replicas: [
      {
        id: 'string',
        service: 'string',
        slot: 'number?',
        target: 'string',
        pool: 'string?',
        node: 'string?',
        phase: 'string',
        ready: 'boolean',
        restarts: 'number',
        release: 'number?',
        image: 'string?',
        address: 'string?',
        startedAt: 'string?',
        reason: 'string?',
        lastExit: 'any',
        native: 'any',
      },
    ],
  },
  releases: {
    releases: [
      {
        number: 'number',
        id: 'string',
        createdAt: 'string',
        by: 'string',
        source: 'any',
        message: 'string?',
        from: 'number?',
        healthy: 'boolean',
        images: 'any',
        targets: ['string'],
      },
    ],
  },
  history: {
    entries: [
      {
        at: 'string',
        action: 'string',
        app: 'string',
        release: 'number?',
        targets: ['string'],
        by: 'string',
        source: 'string?',
        message: 'string?',
        allowed: ['string'],
        because: 'string?',
        result: 'string',
        exitCode: 'number',
      },
    ],
  },
  why: {
    service: 'string',
    slot: 'number?',
    phase: 'string',
    since: 'string?',
    reason: 'string?',
    refusals: [{ target: 'string', pool: 'string?', node: 'string?', reason: 'string', fix: 'string' }],
    events: [{ at: 'string', severity: 'string', reason: 'string', message: 'string', count: 'number' }],
    lastLogs: ['string'],
    next: ['string'],
  },
  drift: {
    drift: [
      {
        target: 'string',
        service: 'string?',
        kind: 'string',
        name: 'string',
        field: 'string',
        want: 'any',
        live: 'any',
        manager: 'string?',
      },
    ],
    unknown: [{ target: 'string', because: 'string' }],
  },
  metrics: {
    samples: [
      {
        target: 'string',
        service: 'string',
        replica: 'string',
        slot: 'number?',
        at: 'string',
        cpuMillis: 'number',
        memoryBytes: 'number',
        requests: { cpuMillis: 'number?', memoryBytes: 'number?' },
        limits: { cpuMillis: 'number?', memoryBytes: 'number?' },
      },
    ],
  },
  poolList: {
    targets: [
      {
        target: 'string',
        provider: 'string',
        reachable: 'boolean',
        because: 'string?',
        pools: [
          {
            name: 'string',
            label: 'string?',
            nodes: 'number',
            cordoned: 'number',
            zones: ['string'],
            total: { cpuMillis: 'number', memoryBytes: 'number' },
            free: { cpuMillis: 'number', memoryBytes: 'number' },
            gpus: [{ model: 'string', total: 'number', free: 'number' }],
            priceUsdPerHour: 'number?',
            min: 'number?',
            max: 'number?',
          },
        ],
      },
    ],
  },
  apps: { apps: [{ name: 'string', origin: 'string', targets: ['string'] }] },
  daemonStatus: {
    running: 'boolean',
    pid: 'number?',
    version: 'string?',
    socket: 'string?',
    startedAt: 'string?',
    nodes: [{ name: 'string', driver: 'string', reachable: 'boolean' }],
  },
  check: { diagnostics: [finding] },
  refusal: { error: { code: 'string', message: 'string', span: 'any', hint: 'string?' }, diagnostics: [finding] },
  event: {
    type: 'string',
    seq: 'number',
    time: 'string',
    app: 'string',
    code: 'string',
    message: 'string',
    data: 'any',
  },
  result: {
    type: 'string',
    seq: 'number',
    ok: 'boolean',
    exitCode: 'number',
    summary: {
      targets: [{ name: 'string', outcome: 'string', release: 'number?', reason: 'string?' }],
      leftBehind: ['string'],
    },
  },
}

export const outputSchema = (): unknown => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Output of stormport with --json, stormport/1',
  $defs: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, objectSchema(shape)])),
})

const objectSchema = (shape: Shape): unknown => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, fieldSchema(field)])),
  required: Object.keys(shape),
})

const fieldSchema = (field: Shape[string]): unknown => {
  if (field === 'any') return {}
  if (typeof field === 'string') return { type: field.endsWith('?') ? [field.slice(0, -1), 'null'] : field }
  if (isList(field))
    return { type: 'array', items: typeof field[0] === 'string' ? { type: field[0] } : objectSchema(field[0]) }
  return objectSchema(field)
}

const isList = (field: Shape | readonly [Shape | 'string']): field is readonly [Shape | 'string'] =>
  Array.isArray(field)
