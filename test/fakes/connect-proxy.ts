// An HTTP proxy that knows CONNECT alone, on loopback. It lets in whoever signs in, and keeps who went where.
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ConnectProxy {
  readonly port: number
  /** 'host:port Basic …', one for each tunnel that was asked for. */
  readonly tunnels: readonly string[]
  close(): void
}

export const startConnectProxy = async (): Promise<ConnectProxy> => {
  const sockets = new Set<Socket>()
  const tunnels: string[] = []
  const server = createServer((_, response) => response.writeHead(405).end())
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (request, socket, head) => {
    const { 'proxy-authorization': signedIn } = request.headers
    tunnels.push(`${request.url} ${signedIn ?? 'nobody'}`)
    if (signedIn === undefined) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const on = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      on.write(head)
      on.pipe(socket).pipe(on)
    })
    sockets.add(on)
    for (const each of [on, socket]) each.on('error', () => on.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
