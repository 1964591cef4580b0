// Placement's public face: which target gets how many replicas, and what becomes of them if a target is lost.
export { ifLost } from './if-lost.ts'
export { placeApp } from './place.ts'
