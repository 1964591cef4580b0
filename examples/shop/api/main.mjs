// The API: keeps counters in Redis and puts each order into a queue for the worker.
import http from 'node:http'
import { connect, password } from './lib/redis.mjs'

let redis = null
const open = async () => {
  if (redis === null || redis.closed()) {
    redis = connect({ host: process.env.REDIS_HOST })
    await redis.send('AUTH', password())
  }
  return redis
}

const orders = async () => {
  const db = await open()
  const [placed, packed] = await db.send('MGET', 'placed', 'packed')
  return { placed: Number(placed ?? 0), packed: Number(packed ?? 0) }
}

const place = async () => {
  const db = await open()
  const number = await db.send('INCR', 'placed')
  await db.send('LPUSH', 'queue', number)
}

const server = http.createServer(async (request, response) => {
  try {
    if (request.method === 'POST') await place()
    if (request.url === '/healthz') await (await open()).send('PING')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(await orders()))
  } catch (error) {
    response.statusCode = 503
    response.end(JSON.stringify({ error: error.message }))
  }
})
server.listen(3000, () => console.log('api listens on 3000'))

// A kept connection is told with its next answer to go elsewhere; cutting it could cross a request that is on its way.
const LEAVE_MS = 2000
process.on('SIGTERM', () => {
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'))
  setTimeout(() => server.close(() => process.exit(0)), LEAVE_MS)
})
