// Networks in CIDR form, as numbers.
interface Range {
  readonly first: number
  readonly last: number
}

const rangeOf = (cidr: string): Range => {
  const [address = '', length = '32'] = cidr.split('/')
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { first, last: first + 2 ** (32 - Number(length)) - 1 }
}

export const contains = (outer: string, inner: string): boolean => {
  const [a, b] = [rangeOf(outer), rangeOf(inner)]
  return a.first <= b.first && b.last <= a.last
}

export const overlap = (one: string, other: string): boolean => {
  const [a, b] = [rangeOf(one), rangeOf(other)]
  return a.first <= b.last && b.first <= a.last
}
