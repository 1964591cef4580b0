// Answers on the port that Stormport hands it; the published port is the proxy's.
import http from 'node:http'

const greeting = process.env.GREETING ?? 'ahoy'
const version = 'v1'

const server = http.createServer((request, response) => {
  console.log(request.method, request.url)
  response.setHeader('content-type', 'text/plain')
  response.end(`${greeting} from process ${process.pid}, ${version}\n`)
})
server.listen(process.env.PORT, () => console.log(`listening on ${process.env.PORT}`))
process.on('SIGTERM', () => server.close(() => process.exit(0)))
