// .dockerignore by the engine's own rules: the last pattern that matches a path or a folder above it decides.

export interface IgnoreRules {
  ignores(path: string): boolean
  /** True when nothing below an ignored folder can come back: then it need not be walked. */
  readonly final: boolean
}

interface Pattern {
  readonly keeps: boolean
  readonly regex: RegExp
}

export const parseIgnore = (text: string): IgnoreRules => {
  const patterns = text
    .split(/\r?\n/)
    .map(patternOf)
    .filter((pattern) => pattern !== null)
  return {
    final: !patterns.some((pattern) => pattern.keeps),
    ignores: (path) => {
      const chain = withParents(path)
      const last = patterns.findLast((pattern) => chain.some((each) => pattern.regex.test(each)))
      return last !== undefined && !last.keeps
    },
  }
}

const patternOf = (line: string): Pattern | null => {
  if (line.startsWith('#')) return null
  const text = line.trim()
  const keeps = text.startsWith('!')
  const path = cleaned(keeps ? text.slice(1).trim() : text)
  return path === '' ? null : { keeps, regex: regexOf(path) }
}

/** 'a//b/./c/../' → 'a/b', a leading slash means the context itself. */
const cleaned = (path: string): string => {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

const withParents = (path: string): readonly string[] => {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** '**' crosses folders, '*' and '?' do not. */
const regexOf = (pattern: string): RegExp => {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? ''
    if (char === '*' && pattern[at + 1] === '*') {
      at += 1
      if (pattern[at + 1] === '/') at += 1
      source += at + 1 >= pattern.length ? '.*' : '(?:.*/)?'
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[' && pattern.indexOf(']', at + 1) > 0) {
      const end = pattern.indexOf(']', at + 1)
      source += `[${pattern.slice(at + 1, end).replaceAll('\\', '\\\\')}]`
      at = end
    } else if (char === '\\' && at + 1 < pattern.length) {
      at += 1
      source += escaped(pattern[at] ?? '')
    } else source += escaped(char)
  }
  return new RegExp(`^${source}$`, 's')
}

const escaped = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
