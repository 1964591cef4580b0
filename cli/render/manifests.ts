// Objects as YAML that every reader takes for the same: `kubectl` and the tools around it read YAML 1.1, where `yes` and
// `1:30` are no text, others read 1.2, where `0o17` is none. What either would misread is quoted.
import { Document, visit } from 'yaml'

export const manifestText = (objects: readonly unknown[]): string =>
  objects.map((object) => `---\n${yamlText(object)}`).join('')

const yamlText = (object: unknown): string => {
  const document = new Document(object, { schema: 'yaml-1.1', aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && ONLY_OTHERS.test(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString()
}

/** Plain text to the writer's YAML 1.1; a number, a merge or a default value to some reader. */
const ONLY_OTHERS = /^(?:[-+]?0o[0-7]+|<<|=)$/
