// The engine's public surface: every verb that observes or changes targets. Streams yield coded events and end with a
// 'result' event whose data is a Result; they throw only for our own bugs.
export type * from './api.ts'
