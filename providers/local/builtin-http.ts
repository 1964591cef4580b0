// node:http and node:https without `import`: an import reads every export, and one of them loads a WebSocket client that
// nothing here uses. That is a tenth of the time of a deploy in which nothing changed.

export const http = (): typeof import('node:http') => process.getBuiltinModule('node:http')

export const https = (): typeof import('node:https') => process.getBuiltinModule('node:https')
