// The Compose loader's public face.
export { loadCompose } from './load.ts'
export { printable } from './printable.ts'
