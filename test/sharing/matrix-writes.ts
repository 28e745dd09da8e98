import { type Asker, classOf, types } from './matrix-oracle.ts'
import type { Question } from './matrix-questions.ts'
import { clinicalTypes, type Row } from './matrix-rows.ts'

/**
 * Writes that change nothing, by which one could find out what there is. Whoever may write is refused by a version that never
 * was (412), or by a patch that does not fit (422); who may only read is told so (403); to all others nothing is there.
 */
export function byWriting(asker: Asker, rows: readonly Row[]): Question[] {
  const written = types.filter((type) => type !== 'Binary')
  return written.flatMap((type, t) =>
    eachSituation(rows.filter((row) => row.type === type)).flatMap((some, n) => {
      // They are alike, and in each situation others of them are asked about.
      if (classOf(type) === 'clinical' && (n + t) % clinicalTypes.length > 1) return []
      const one = (turn: number) => some[(n + t + turn) % some.length]!
      return [
        update(asker, one(0)),
        removal(asker, one(1)),
        patch(asker, one(2)),
        conditionalUpdate(asker, one(2)),
        conditionalRemoval(asker, one(0)),
        conditionalPatch(asker, one(1)),
        conditionalCreate(asker, one(2)),
      ].filter((_question, way) => (way + n + t) % 2 === 0)
    }),
  )
}

function eachSituation(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) groups.set(row.situation.name, [...(groups.get(row.situation.name) ?? []), row])
  return [...groups.values()]
}

const never = { ifMatch: 'W/"999"' }

function about(row: Row, path: string, method: Question['method'], byCriteria: boolean) {
  const url = byCriteria ? row.name.replace('/', '?_id=') : row.name
  return { path, type: row.type, method, url, about: [row] } as const
}

/** 403 where it is seen, 404 where not. */
function refusal(asker: Asker, row: Row, may: boolean, allowed: number): number {
  if (asker.sight(row) === 'hidden') return 404
  return may ? allowed : 403
}

function update(asker: Asker, row: Row): Question {
  const status = refusal(asker, row, asker.updates(row), 412)
  const statuses = status === 404 && asker.choosesIds ? [403, 404, 409, 412] : [status]
  return { ...about(row, 'update', 'PUT', false), body: row.resource, condition: never, statuses }
}

function removal(asker: Asker, row: Row): Question {
  const statuses = [refusal(asker, row, asker.deletes(row), 412)]
  return { ...about(row, 'delete', 'DELETE', false), condition: never, statuses }
}

const data = Buffer.from('[{"op":"test","path":"/resourceType","value":"X"}]').toString('base64')
const misfit = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }

function patch(asker: Asker, row: Row): Question {
  const statuses = [refusal(asker, row, asker.updates(row), 422)]
  return { ...about(row, 'patch', 'PATCH', false), body: misfit, statuses }
}

const found = (asker: Asker, row: Row) => asker.sight(row) === 'finds'

function conditionalUpdate(asker: Asker, row: Row): Question {
  const { id: _id, ...body } = row.resource
  const statuses = [found(asker, row) && !asker.updates(row) ? 403 : 412]
  return { ...about(row, 'conditional update', 'PUT', true), body, condition: never, statuses }
}

const neverDeleted = ['Consent', 'Communication', 'Task', 'Provenance']

function conditionalRemoval(asker: Asker, row: Row): Question {
  const status = found(asker, row) ? (asker.deletes(row) ? 412 : 403) : 204
  const statuses = [neverDeleted.includes(row.type) ? 405 : status]
  return { ...about(row, 'conditional delete', 'DELETE', true), condition: never, statuses }
}

function conditionalPatch(asker: Asker, row: Row): Question {
  const statuses = [found(asker, row) ? (asker.updates(row) ? 422 : 403) : 404]
  return { ...about(row, 'conditional patch', 'PATCH', true), body: misfit, statuses }
}

/** What is found is answered and nothing is made; what is not would be made, but for a reference to nothing. */
function conditionalCreate(asker: Asker, row: Row): Question {
  const { id: _id, ...rest } = row.resource
  const nowhere = JSON.stringify(rest).replaceAll(/"(Patient|Observation|Practitioner)\/[\w-]+"/g, '"$1/nobody"')
  const condition = { ifNoneExist: row.name.replace(/^.*\//, '_id=') }
  const may = asker.creates(row.type)
  const statuses = !may ? [403] : found(asker, row) ? [200] : [403, 422]
  const asked = about(row, 'conditional create', 'POST', false)
  return { ...asked, url: row.type, body: JSON.parse(nowhere) as object, condition, statuses }
}
