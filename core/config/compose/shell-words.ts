// A command written as text → its words. Nothing is expanded; what stands behind ; & | < > is cut off, as Compose does.

interface Reader {
  readonly words: string[]
  word: string
  /** Whether a word has begun, which quotes alone do. */
  begun: boolean
  escaped: boolean
  single: boolean
  double: boolean
  back: boolean
  dollar: boolean
}

/** undefined: a quote or an escape is left open. */
export const splitCommand = (line: string): readonly string[] | undefined => {
  const reader: Reader = {
    words: [],
    word: '',
    begun: false,
    escaped: false,
    single: false,
    double: false,
    back: false,
    dollar: false,
  }
  for (const char of line) {
    const step = take(reader, char)
    if (step === 'wrong') return undefined
    if (step === 'end') break
  }
  if (reader.begun) reader.words.push(reader.word)
  return reader.escaped || quoted(reader) ? undefined : reader.words
}

const quoted = (reader: Reader): boolean => reader.single || reader.double || reader.back || reader.dollar

type Step = 'on' | 'end' | 'wrong'

const take = (reader: Reader, char: string): Step => {
  if (reader.escaped) {
    reader.escaped = false
    return keep(reader, char)
  }
  if (char === '\\') {
    if (reader.single) reader.word += char
    else reader.escaped = true
    return 'on'
  }
  if (/[ \t\r\n]/.test(char)) return space(reader, char)
  return special(reader, char)
}

const keep = (reader: Reader, char: string): Step => {
  reader.word += char
  reader.begun = true
  return 'on'
}

const space = (reader: Reader, char: string): Step => {
  if (quoted(reader)) {
    reader.word += char
  } else if (reader.begun) {
    reader.words.push(reader.word)
    reader.word = ''
    reader.begun = false
  }
  return 'on'
}

const special = (reader: Reader, char: string): Step => {
  switch (char) {
    case '`':
      if (!reader.single && !reader.double && !reader.dollar) reader.back = !reader.back
      return keep(reader, char)
    case ')':
      if (!reader.single && !reader.double && !reader.back) reader.dollar = !reader.dollar
      return keep(reader, char)
    case '(':
      return parenthesis(reader)
    case '"':
      return doubleQuote(reader)
    case "'":
      return singleQuote(reader)
    default:
      return operator(reader, char)
  }
}

const parenthesis = (reader: Reader): Step => {
  if (reader.single || reader.double || reader.back) return keep(reader, '(')
  if (reader.dollar || !reader.word.endsWith('$')) return 'wrong'
  reader.dollar = true
  reader.word += '('
  return 'on'
}

const doubleQuote = (reader: Reader): Step => {
  if (reader.single || reader.dollar) return keep(reader, '"')
  if (reader.double) reader.begun = true
  reader.double = !reader.double
  return 'on'
}

const singleQuote = (reader: Reader): Step => {
  if (reader.double || reader.dollar) return keep(reader, "'")
  if (reader.single) reader.begun = true
  reader.single = !reader.single
  return 'on'
}

const operator = (reader: Reader, char: string): Step => {
  if (!';&|<>'.includes(char) || quoted(reader)) return keep(reader, char)
  // The digit before > names a stream and is no word.
  if (char === '>' && /^[0-9]/.test(reader.word)) reader.begun = false
  return 'end'
}
