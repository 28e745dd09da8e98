/** What a token of a backend service costs: assertions are signed beforehand, so that only the server's work is counted. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Pool } from 'undici'
import { signIn } from '../../../src/commands/sign-in.ts'
import { startCluster } from '../cluster.ts'
import { closedLoop, type Loop } from '../closed-loop.ts'
import { cpuTime } from '../processes.ts'
import { administrator, startServer } from '../server-process.ts'
import { type CheckCost, measureTokenCheck } from './token-check.ts'

export interface TokenCost {
  readonly algorithm: string
  readonly loop: Loop
  /** CPU time in ms for each token. */
  readonly server: number
  readonly postgres: number
}

interface Service {
  readonly clientId: string
  assertion(): Promise<string>
}

export async function runTokens(folder: string, seconds: number): Promise<{ costs: TokenCost[]; check: CheckCost }> {
  const cluster = await startCluster(join(folder, 'cluster'))
  const server = await startServer(join(folder, 'data'), cluster.urlOf('chartshare'))
  try {
    const costs: TokenCost[] = []
    const token = await (await signIn(server.origin, administrator)).token()
    for (const algorithm of ['RS384', 'ES384'] as const) {
      const service = await registered(server.origin, token, algorithm)
      costs.push(await costOf(service, algorithm, { server, cluster, seconds }))
    }
    await cluster.vacuum()
    const check = await measureTokenCheck(cluster.urlOf('chartshare'), server.dataDir, server.origin, token)
    return { costs, check }
  } finally {
    await server.stop()
    await cluster.stop()
  }
}

async function costOf(
  service: Service,
  algorithm: string,
  parts: { server: { pid: number; origin: string }; cluster: { pid: number }; seconds: number },
): Promise<TokenCost> {
  const { server, cluster, seconds } = parts
  // More than can be used: none works twice.
  const assertions = await Promise.all(Array.from({ length: Math.ceil(seconds * 1_500) }, () => service.assertion()))
  const pool = new Pool(server.origin, { connections: 8, pipelining: 1 })
  const before = { server: 0, postgres: 0 }
  const used = { server: 0, postgres: 0 }
  let issued = 0
  let counted = 0
  const work = async () => {
    const assertion = assertions.pop()
    if (assertion === undefined) throw new Error('no assertion is left')
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/auth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'system/*.rs',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }).toString(),
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
    issued++
  }
  const loop = await closedLoop(
    work,
    { concurrency: 8, seconds, seed: 1 },
    {
      started() {
        before.server = cpuTime(server.pid)
        before.postgres = cpuTime(cluster.pid)
        counted = issued
      },
      ended() {
        used.server = cpuTime(server.pid) - before.server
        used.postgres = cpuTime(cluster.pid) - before.postgres
        counted = issued - counted
      },
    },
  )
  await pool.destroy()
  return { algorithm, loop, server: used.server / counted, postgres: used.postgres / counted }
}

async function registered(origin: string, token: string, alg: 'RS384' | 'ES384'): Promise<Service> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg, use: 'sig' }
  const response = await fetch(`${origin}/auth/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      scope: 'system/*.rs',
    }),
  })
  const { client_id: clientId } = (await response.json()) as { client_id: string }
  const claims = { iss: clientId, sub: clientId, aud: `${origin}/auth/token` }
  return {
    clientId,
    assertion: () =>
      new SignJWT({ ...claims, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 300 })
        .setProtectedHeader({ alg, kid: 'bench', typ: 'JWT' })
        .sign(privateKey),
  }
}

export function tokenTable(costs: readonly TokenCost[]): string {
  const line = ({ algorithm, loop, server, postgres }: TokenCost) =>
    [
      `${algorithm}: ${Math.round(loop.rate)} tokens a second with 8 callers (p50 ${loop.p50.toFixed(1)} ms, p95 ${loop.p95.toFixed(1)} ms)`,
      `CPU time of a token: server ${server.toFixed(2)} ms, Postgres ${postgres.toFixed(2)} ms`,
      ...(loop.errors > 0 ? [`${loop.errors} errors: ${loop.firstError}`] : []),
    ].join('; ')
  return costs.map(line).join('\n')
}
