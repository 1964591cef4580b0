// The worker: packs what is in the queue, one order after the other, and says so.
import { connect, password } from './lib/redis.mjs'

const redis = connect({ host: process.env.REDIS_HOST })
await redis.send('AUTH', password())
console.log('worker waits for orders')
process.on('SIGTERM', () => process.exit(0))
for (;;) {
  const entry = await redis.send('BRPOP', 'queue', 5)
  if (entry === null) continue
  await redis.send('INCR', 'packed')
  console.log(`packed order ${entry[1]}`)
}
