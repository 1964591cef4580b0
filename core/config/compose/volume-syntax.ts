// The short form of a mount: [SOURCE:]TARGET[:OPTIONS]. A source that looks like a path is a bind mount.

export interface ParsedVolume {
  readonly type: 'bind' | 'volume'
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly bind?: { readonly propagation?: string; readonly selinux?: string }
  readonly volume?: { readonly nocopy: boolean }
}

export type ParsedVolumeSpec = { readonly volume: ParsedVolume } | { readonly fault: string }

interface Draft {
  source: string
  target: string
  readOnly: boolean
  propagation?: string
  selinux?: string
  bound: boolean
  nocopy: boolean
}

const END = '\0'

export const parseVolume = (spec: string): ParsedVolumeSpec => {
  if (spec === '') return { fault: 'invalid empty volume spec' }
  if (new TextEncoder().encode(spec).length <= 2) {
    return { volume: { type: 'volume', source: '', target: spec, readOnly: false } }
  }
  const draft: Draft = { source: '', target: '', readOnly: false, bound: false, nocopy: false }
  for (const { section, last } of sections(spec)) {
    const fault = fill(draft, section, last)
    if (fault !== undefined) return { fault: `invalid volume ${spec}: ${fault}` }
  }
  return { volume: finished(draft) }
}

interface Section {
  readonly section: string
  readonly last: boolean
}

// A colon ends a section, save after a Windows drive letter and inside ${…}.
const sections = (spec: string): readonly Section[] => {
  const found: Section[] = []
  let section = ''
  let depth = 0
  const chars = [...spec, END]
  for (const [i, char] of chars.entries()) {
    if (char === '$' && chars[i + 1] === '{') depth++
    if (char === '}' && depth > 0) {
      depth--
      section += char
      continue
    }
    if ((char === ':' || char === END) && depth === 0 && !isDrive(section, char)) {
      found.push({ section, last: char === END })
      section = ''
    } else section += char
  }
  return found
}

const isDrive = (section: string, char: string): boolean => char === ':' && /^\p{L}$/u.test(section)

const fill = (draft: Draft, section: string, last: boolean): string | undefined => {
  if (section === '') return 'empty section between colons'
  if (draft.source === '') {
    if (last) draft.target = section
    else draft.source = section
    return undefined
  }
  if (draft.target === '') {
    draft.target = section
    return undefined
  }
  if (!last) return 'too many colons'
  for (const option of section.split(',')) setOption(draft, option)
  return undefined
}

const PROPAGATIONS = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']

// Options that are not known are passed over, as Compose does.
const setOption = (draft: Draft, option: string): void => {
  if (option === 'ro' || option === 'rw') draft.readOnly = option === 'ro'
  else if (option === 'nocopy') draft.nocopy = true
  else if (PROPAGATIONS.includes(option)) {
    draft.bound = true
    draft.propagation = option
  } else if (option === 'z' || option === 'Z') {
    draft.bound = true
    draft.selinux = option
  }
}

const finished = (draft: Draft): ParsedVolume => {
  const path = isPath(draft.source)
  const bind = {
    ...(draft.propagation === undefined ? {} : { propagation: draft.propagation }),
    ...(draft.selinux === undefined ? {} : { selinux: draft.selinux }),
  }
  return {
    type: path ? 'bind' : 'volume',
    source: draft.source,
    target: draft.target,
    readOnly: draft.readOnly,
    ...(path || draft.bound ? { bind } : {}),
    ...(!path || draft.nocopy ? { volume: { nocopy: draft.nocopy } } : {}),
  }
}

const isPath = (source: string): boolean =>
  /^[./~]/.test(source) || source.startsWith('\\\\') || /^\p{L}:/u.test(source)
