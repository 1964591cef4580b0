// The front: shows the shop's counters and takes orders, all through the API.
import http from 'node:http'

const api = process.env.API_URL
const name = process.env.SHOP_NAME

const page = async () => {
  const state = await (await fetch(`${api}/orders`)).json()
  return `${name}: ${state.placed} orders placed, ${state.packed} packed\n`
}

const server = http.createServer(async (request, response) => {
  if (request.url === '/healthz') return response.end('ok\n')
  try {
    if (request.method === 'POST' && request.url === '/orders') await fetch(`${api}/orders`, { method: 'POST' })
    response.end(await page())
  } catch (error) {
    response.statusCode = 502
    response.end(`the API does not answer: ${error.message}\n`)
  }
})
server.listen(8080, () => console.log('web listens on 8080'))

// A kept connection is told with its next answer to go elsewhere; cutting it could cross a request that is on its way.
const LEAVE_MS = 2000
process.on('SIGTERM', () => {
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'))
  setTimeout(() => server.close(() => process.exit(0)), LEAVE_MS)
})
