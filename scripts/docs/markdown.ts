// The little Markdown that generated pages need.

/** A cell is one line; bars would end it. */
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** Blocks with one empty line between them; ends with a newline. */
export const page = (...blocks: readonly string[]): string => `${blocks.join('\n\n')}\n`

export const GENERATED = 'Written by `npm run docs`; a test holds it against the code.'
