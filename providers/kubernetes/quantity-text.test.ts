// Kubernetes quantities.
import { expect, it } from 'vitest'
import { amountOf } from './quantity-text.ts'

it.each([
  ['500m', 0.5],
  ['2', 2],
  ['16Gi', 16 * 2 ** 30],
  ['1k', 1_000],
  ['1e3', 1_000],
  ['3012345n', 0.003012345],
  ['nonsense', 0],
  [null, 0],
])('reads %s', (text, amount) => {
  expect(amountOf(text)).toBeCloseTo(amount, 9)
})
