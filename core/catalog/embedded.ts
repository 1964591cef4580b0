// The catalogue that ships with the package: dated facts, refreshed by `stormport catalog refresh`. Big, so whoever needs
// it imports this file when a cloud target is there, never at the start.
import aws from './data/aws.json' with { type: 'json' }
import azure from './data/azure.json' with { type: 'json' }
import { readCatalog } from './read.ts'
import type { Catalog, Cloud } from './types.ts'

export const embeddedCatalog = (cloud: Cloud): Catalog => readCatalog(cloud === 'aws' ? aws : azure)
