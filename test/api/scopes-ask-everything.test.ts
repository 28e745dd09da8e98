import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { creationsFor } from '../support/scope-creations.ts'
import { joinsOf, kindOf } from '../support/scope-kinds.ts'
import { createOracle } from '../support/scope-oracle.ts'
import { type Question, questionsFor } from '../support/scope-questions.ts'
import { launchedFor, types } from '../support/scope-rows.ts'
import { scopeStrings } from '../support/scope-strings.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** What the CapabilityStatement promises, in the words of scope-kinds.ts. What it has a new word for fails here. */
const promisedBy: Readonly<Record<string, readonly string[]>> = {
  read: ['read', 'conditional read'],
  vread: ['vread'],
  update: ['update'],
  patch: ['patch', 'conditional patch'],
  delete: ['delete'],
  create: ['create'],
  'history-instance': ['history-instance'],
  'history-type': ['history-type'],
  'search-type': ['search-type', 'search-type by POST'],
}
const promisedBySystem: Readonly<Record<string, readonly string[]>> = {
  'history-system': ['history-system'],
  'search-system': ['search-system', 'search-system by POST'],
  // How the questions are sent: scope-trial.ts.
  batch: [],
  transaction: [],
}

interface Promised {
  readonly code?: string
  readonly name?: string
}
interface Statement {
  readonly interaction: readonly Promised[]
  readonly operation?: readonly Promised[]
  readonly resource: readonly {
    readonly type: string
    readonly interaction: readonly Promised[]
    readonly operation?: readonly Promised[]
    readonly conditionalCreate: boolean
    readonly conditionalUpdate: boolean
    readonly conditionalDelete: string
  }[]
}

let server: TestServer
let statement: Statement

before(async () => {
  server = await startServer()
  const { body } = await server.anonymous.get('metadata').expect(200)
  statement = body.rest[0] as Statement
})
after(() => server.close())

/** Whoever asks most. */
const asked: readonly Question[] = scopeStrings.flatMap((text, turn) => {
  const about = { role: 'office', oracle: createOracle('office', text, launchedFor.office), turn } as const
  const asking = { ...about, nameOf: ({ name }: { name: string }) => name }
  return [...questionsFor(asking), ...creationsFor(asking)]
})

/** What is asked of each type; of the whole system under ''. */
const kindsOf = new Map<string, Set<string>>()
for (const question of asked) {
  const [first = ''] = question.url.split(/[/?]/)
  const about = types.includes(first) ? first : ''
  const kinds = kindsOf.get(about) ?? new Set()
  for (const kind of [kindOf(question), ...joinsOf(question)]) kinds.add(kind)
  kindsOf.set(about, kinds)
}

function wordsFor(table: typeof promisedBy, promised: readonly Promised[]): string[] {
  return promised.flatMap(({ code }) => {
    assert.ok(code !== undefined && code in table, `${code} is in no question about scopes`)
    return table[code]!
  })
}

test('of each type, every interaction and operation that is promised is tried with every scope string', () => {
  for (const type of types) {
    const promised = statement.resource.find((one) => one.type === type)!
    const words = [
      ...wordsFor(promisedBy, promised.interaction),
      ...(promised.conditionalCreate ? ['conditional create'] : []),
      ...(promised.conditionalUpdate ? ['conditional update'] : []),
      ...(promised.conditionalDelete === 'not-supported' ? [] : ['conditional delete']),
    ]
    const of = kindsOf.get(type)!
    assert.deepEqual(
      words.filter((word) => !of.has(word)),
      [],
      type,
    )
    for (const { name } of promised.operation ?? []) {
      assert.ok(
        [...of].some((kind) => kind.startsWith(`$${name} of`)),
        `$${name} of ${type}`,
      )
    }
  }
})

test('of the whole system as well', () => {
  const of = kindsOf.get('')!
  const operations = (statement.operation ?? []).map(({ name }) => `$${name} of the system`)
  const words = [...wordsFor(promisedBySystem, statement.interaction), ...operations]
  assert.deepEqual(
    words.filter((word) => !of.has(word)),
    [],
  )
  const inRecords = ['search in a compartment', 'search in a compartment by POST']
  for (const word of inRecords) assert.ok(kindsOf.get('Patient')!.has(word), word)
})

test('whatever leads from one resource to another is followed', () => {
  const followed = new Set([...kindsOf.values()].flatMap((kinds) => [...kinds]))
  for (const join of ['_has', '_include', '_revinclude', 'chain']) assert.ok(followed.has(join), join)
})
