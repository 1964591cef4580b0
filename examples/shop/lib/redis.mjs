// A Redis client of the few commands that the shop needs, over one connection: requests in order, answers in order.
import { readFileSync } from 'node:fs'
import net from 'node:net'

export const password = () => readFileSync('/run/secrets/redis_password', 'utf8').trim()

export const connect = ({ host, port = 6379 }) => {
  const waiting = []
  let buffer = ''
  const socket = net.connect({ host, port })
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    buffer += chunk
    for (let reply = parse(buffer); reply; reply = parse(buffer)) {
      buffer = buffer.slice(reply.length)
      const { resolve, reject } = waiting.shift()
      if (reply.error) reject(new Error(reply.error))
      else resolve(reply.value)
    }
  })
  const fail = (error) => {
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('redis closed the connection')))
  const send = (...words) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      socket.write(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(String(w))}\r\n${w}\r\n`).join('')}`)
    })
  return { send, close: () => socket.destroy(), closed: () => socket.destroyed }
}

/** One reply from the front of the text, with the characters that it took; null when it is not all there yet. */
const parse = (text) => {
  const end = text.indexOf('\r\n')
  if (end < 0) return null
  const head = text.slice(1, end)
  const after = end + 2
  if (text[0] === '+') return { value: head, length: after }
  if (text[0] === '-') return { error: head, length: after }
  if (text[0] === ':') return { value: Number(head), length: after }
  if (text[0] === '$') return bulk(text, Number(head), after)
  return list(text, Number(head), after)
}

const bulk = (text, size, at) => {
  if (size < 0) return { value: null, length: at }
  return text.length < at + size + 2 ? null : { value: text.slice(at, at + size), length: at + size + 2 }
}

const list = (text, count, at) => {
  if (count < 0) return { value: null, length: at }
  const items = []
  for (let i = 0; i < count; i++) {
    const item = parse(text.slice(at))
    if (!item) return null
    items.push(item.value)
    at += item.length
  }
  return { value: items, length: at }
}
