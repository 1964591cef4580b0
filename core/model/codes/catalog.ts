// Codes about instance types, prices and the choice of node pools (SP23xx).
import type { CodeText } from './index.ts'

export const catalogCodes = {
  SP2301: {
    title: 'the catalogue of instance types is malformed',
    meaning:
      'The refreshed catalogue in the state folder has not the expected shape, so no price in it is trusted. The embedded one is unharmed.',
    remedy: 'Run stormport catalog refresh, or delete the file that the message names.',
  },
  SP2302: {
    title: 'no instance type fits the pool',
    meaning:
      'No type that the region sells has the CPU, memory, architecture and GPUs that the pool asks for, by the ways to buy that it allows. The refusals count the types by reason.',
    remedy: 'Loosen the pool, allow on-demand, or name types with instances:.',
  },
  SP2303: {
    title: 'a type or its price is not known',
    meaning:
      'The pool names an instance type that neither the catalogue nor the cloud knows, or the region has no prices in the catalogue. Prices of the plan leave it out.',
    remedy: 'Check the spelling, or run stormport catalog refresh with credentials of the account.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
