import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../support/server.ts'
import { type Answer, createAsking } from './asking.ts'
import { createOracle } from './oracle.ts'
import { hasValue, type Held, type Pair, pairsOf, type Question, questionsOf } from './promised-searches.ts'
import { storeExamples, storedResources } from './stored-resources.ts'

/** The types are asked for in groups of about as many searches, each in a file of its own. */
const groups = {
  'A to B': /^[AB]/,
  C: /^C/,
  D: /^D/,
  'E to H': /^[E-H]/,
  'I to L': /^[I-L]/,
  'M to O': /^[M-O]/,
  'P to Q': /^[PQ]/,
  'R to Z': /^[R-Z]/,
} as const

interface Capabilities {
  readonly rest: readonly [{ readonly resource: readonly Promised[] }]
}

interface Promised {
  readonly type: string
  readonly searchParam: readonly { readonly name: string }[]
}

/** What finds those that have no value, or another one. */
const negations = ['missing', 'not', 'not-in']
const mostShown = 40

/**
 * Every search that the CapabilityStatement promises, (type × parameter × modifier), is asked once or more on HL7's examples
 * and on patients' records, with values drawn from what is stored. Each answer is compared with that of the oracle, which
 * goes through all resources and compares what FHIRPath finds in them by the rules of the specification.
 */
export function testEverySearch(group: keyof typeof groups): void {
  let server: TestServer
  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0' })
    await storeExamples(server)
  })
  after(() => server.close())

  test(`${group}: every search parameter with every modifier answers what a naive evaluation with FHIRPath finds`, async (t) => {
    const promised = await promisedBy(server)
    const stored = await storedResources(
      server,
      promised.map(({ type }) => type),
    )
    const held: Held = { oracle: createOracle(server.base, Date.now()), base: server.base, stored }
    const pairs = promised
      .filter(({ type }) => groupOf(type) === group)
      .flatMap(({ type, searchParam }) => pairsOf(type, namesOf(searchParam), held))
    const questions = pairs.flatMap((pair) => questionsOf(pair, held))
    const answers = await createAsking(server.base, server.as({ kind: 'server' }).token)(questions)
    const { told, problems, idle } = judged(pairs, questions, answers, held)
    const resources = [...stored.values()].reduce((sum, { length }) => sum + length, 0)
    t.diagnostic(`${group}, on ${resources} resources: ${told}`)
    assert.deepEqual(problems.slice(0, mostShown), [], `${problems.length} answers differ`)
    assert.deepEqual(idle, [], 'these have a value in what is stored, and find nothing')
  })
}

async function promisedBy(server: TestServer): Promise<readonly Promised[]> {
  const { body } = (await server.anonymous.get('metadata').expect(200)) as { body: Capabilities }
  return body.rest[0].resource
}

function namesOf(searchParam: Promised['searchParam']): string[] {
  return searchParam.map(({ name }) => name)
}

function groupOf(type: string): string {
  const [found, ...others] = Object.entries(groups).filter(([, initials]) => initials.test(type))
  assert.ok(found && others.length === 0, `${type} is in no group, or in two`)
  return found[0]
}

function judged(pairs: readonly Pair[], questions: readonly Question[], answers: readonly Answer[], held: Held) {
  const problems: string[] = []
  const [matched, found, drawn] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const [n, { parameter, modifier, name, query, isDrawn }] of questions.entries()) {
    const resources = held.stored.get(parameter.resourceType)!
    const expected = resources
      .filter((resource) => held.oracle.finds(parameter, modifier, query, resource))
      .map(({ id }) => id)
    if (isDrawn) drawn.add(name)
    if (expected.length > 0) matched.add(name)
    if (expected.length > 0 && !negations.includes(modifier ?? '')) found.add(codeOf(name))
    const difference = differenceOf(expected, ofStored(answers[n]!, resources))
    if (difference !== undefined) problems.push(`${name}=${query}: ${difference}`)
  }
  const valued = new Set(pairs.filter(({ parameter }) => hasValue(parameter, held)).map(({ name }) => codeOf(name)))
  // What is drawn from a resource finds it. What no search can ask for, a reference to a contained resource or a concept that
  // is nothing but text, is found by :missing=false.
  const fruitless = [...drawn].filter((name) => !matched.has(name) && !/:not(?:-in)?$/.test(name))
  const asked = new Set([...drawn].map(codeOf))
  const unasked = [...valued].filter((code) => !asked.has(code))
  const unfound = [...valued].filter((code) => !found.has(code) && (asked.has(code) || !matched.has(`${code}:missing`)))
  const idle = [...new Set([...fruitless, ...unfound])]
  const errors = answers.filter((answer) => typeof answer === 'string' && answer.startsWith('5')).length
  const told =
    `${pairs.length} pairs of parameter and modifier, ${questions.length} searches, ${matched.size} pairs matched something; ` +
    `${valued.size} parameters have a value, ${valued.size - unasked.length - unfound.length} were found by it, ` +
    `${unasked.length} by :missing alone (${unasked.join(' ')}); ` +
    `${problems.length} differences, ${errors} server errors`
  return { told, problems, idle }
}

/** `Patient?name` of `Patient?name:exact` */
function codeOf(name: string): string {
  return name.split(':', 1)[0]!
}

/** Asking leaves traces, which are AuditEvents: what was not there before the first question is no answer to any. */
function ofStored(answer: Answer, stored: readonly { readonly id: string; readonly resourceType: string }[]): Answer {
  if (typeof answer === 'string' || stored[0]?.resourceType !== 'AuditEvent') return answer
  const known = new Set(stored.map(({ id }) => id))
  return answer.filter((id) => known.has(id))
}

function differenceOf(expected: readonly string[], answer: Answer): string | undefined {
  if (typeof answer === 'string') return answer
  const [wanted, got] = [new Set(expected), new Set(answer)]
  if (got.size !== answer.length) return 'a resource comes twice'
  const missing = expected.filter((id) => !got.has(id))
  const tooMany = answer.filter((id) => !wanted.has(id))
  if (missing.length === 0 && tooMany.length === 0) return undefined
  const shown = (what: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.slice(0, 3).join(' ')}`]
  return [`${expected.length} expected`, ...shown('are missing', missing), ...shown('are too many', tooMany)].join(', ')
}
