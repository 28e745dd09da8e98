import type { Client } from '../support/server.ts'
import type { Asker } from './matrix-oracle.ts'
import { patientOf, type Row } from './matrix-rows.ts'
import { judge, type Trial } from './matrix-trial.ts'

const plain = { type: 'Binary', method: 'GET' } as const

/** The bytes of documents as such: whole, a range of them, and what a HEAD tells. */
export async function askBytes(trial: Trial, asker: Asker, client: Client, rows: readonly Row[]): Promise<void> {
  const binaries = rows.filter(({ type }) => type === 'Binary')
  for (const [n, row] of binaries.entries()) {
    const ways = [
      { path: 'Binary', ok: 200, ask: () => client.get(row.name).set('accept', 'text/plain') },
      {
        path: 'Binary range',
        ok: 206,
        ask: () => client.get(row.name).set('accept', 'text/plain').set('range', 'bytes=1-2'),
      },
      { path: 'Binary HEAD', ok: 200, ask: () => client.head(row.name).set('accept', 'text/plain') },
    ]
    // A record has three of them, so that each way comes upon each after three records.
    const { path, ok, ask } = ways[(n + Math.floor(n / 3)) % 3]!
    const { status } = await ask()
    const statuses = [asker.sight(row) === 'hidden' ? 404 : ok]
    judge(trial, asker, { ...plain, path, url: row.name, about: [row], statuses }, { status })
    trial.requests += 1
  }
}

/** A condition in the place of a reference finds what a search finds: otherwise it is refused as if nobody were there. */
export async function askReferences(trial: Trial, asker: Asker, client: Client, rows: readonly Row[]): Promise<void> {
  const refused = async (id: string) => (await client.post('/fhir', aboutWhoever(id))).status
  const statuses = [await refused('nobody')]
  for (const row of rows.filter(({ type }) => type === 'Patient')) {
    if (asker.sight(row) === 'finds') continue
    const url = `Patient?_id=${row.situation.name}`
    const question = {
      path: 'conditional reference',
      type: 'Patient',
      method: 'POST',
      url,
      about: [row],
      statuses,
    } as const
    judge(trial, asker, question, { status: await refused(row.situation.name) })
    trial.requests += 1
  }
}

function aboutWhoever(id: string) {
  const subject = { reference: `Patient?_id=${id}` }
  const resource = { resourceType: 'Observation', status: 'final', code: { text: 'pulse' }, subject }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource, request: { method: 'POST', url: 'Observation' } }],
  }
}

/** Who looked at a record is told to the patient and to who answers for privacy, and not even that there is one to others. */
export async function askAccessLogs(trial: Trial, asker: Asker, client: Client, rows: readonly Row[]): Promise<void> {
  for (const row of rows.filter(({ type }) => type === 'Patient')) {
    const reader = asker.readsLog?.(row) ?? false
    const statuses = [asker.sight(row) === 'hidden' && !reader ? 404 : reader ? 200 : 403]
    const question = { ...plain, type: 'Patient', about: [row], statuses }
    const url = `${patientOf(row.situation)}/$access-log`
    const { status, body } = await client.get(url)
    judge(trial, asker, { ...question, path: 'access log', url }, { status, body })
    trial.requests += 1
  }
}
