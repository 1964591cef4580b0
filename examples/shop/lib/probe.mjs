// Health check: exit 0 when the URL answers 200 in time.
const answer = await fetch(process.argv[2], { signal: AbortSignal.timeout(1500) }).catch(() => null)
process.exit(answer?.status === 200 ? 0 : 1)
