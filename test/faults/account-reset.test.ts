import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createBrowser } from '../support/browser.ts'
import {
  administrator,
  freePort,
  newDataFolder,
  type ServerProcess,
  startServerProcess,
} from '../support/server-process.ts'

/** The command as somebody at the machine runs it, beside a server that runs. */
const { folder, remove } = newDataFolder()
const command = path.join(import.meta.dirname, '..', '..', 'src', 'commands', 'account-reset.js')
let server: ServerProcess
before(async () => {
  server = await startServerProcess(folder, await freePort())
})
after(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  remove()
})

function run(...args: string[]) {
  const { port } = new URL(server.url)
  const env = { ...process.env, PORT: port, DATA_DIR: folder, NODE_ENV: 'development' }
  return promisify(execFile)(process.execPath, [command, ...args], { env })
}

function letters(): string[] {
  const outbox = path.join(folder, 'outbox')
  return readdirSync(outbox).map((name) => readFileSync(path.join(outbox, name), 'utf8'))
}

test('the only administrator is signed out, told by mail, and let in by the link that the command prints', async () => {
  const token = await server.token()
  const metadata = { headers: { authorization: `Bearer ${token}` } }
  assert.equal((await fetch(`${server.url}/fhir/Patient`, metadata)).status, 200)
  const { stdout } = await run(administrator.email)
  assert.equal((await fetch(`${server.url}/fhir/Patient`, metadata)).status, 401)
  const link = /http:\S+\/reset\?code=\S+/.exec(stdout)![0]
  assert.ok(link.startsWith(server.url))
  const told = letters().filter((letter) => letter.includes('Subject: Your account was reset'))
  assert.equal(told.length, 1)
  assert.ok(!told[0]!.includes(new URL(link).searchParams.get('code')!), 'the link is for who ran the command')
  const password = 'four boats in a green bottle'
  const page = await createBrowser(server.url).open(link)
  assert.equal((await page.submit({ password, password2: password })).status, 200)
  const login = await createBrowser(server.url).open('/login')
  assert.notEqual((await login.submit({ email: administrator.email, password })).status, 401)
})

test('says what is wrong with what it was given, and ends with an error', async () => {
  await assert.rejects(run(), /Name one address/)
  await assert.rejects(run('nobody@example.org'), /Nobody with the address nobody@example\.org has an account here/)
})
