import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { search } from '../unit/search/search-parts.ts'
import { hasFullSet } from '../support/r4-examples.ts'
import { type Client, startServer, type TestServer } from '../support/server.ts'
import { drawnQueries, nobodysFor } from './oracle/drawn-queries.ts'
import type { Resource } from './oracle/fhirpath-values.ts'
import { createOracle, type Oracle } from './oracle/oracle.ts'
import { type Parameter, parameterOf, typeOfParameter } from './oracle/search-parameters.ts'
import { storeExamples, storedResources } from './oracle/stored-resources.ts'

/**
 * Every search that the CapabilityStatement promises, (type × parameter × modifier), is asked once or more on HL7's examples
 * and on patients' records, with values drawn from what is stored. Each answer is compared with that of the oracle, which
 * goes through all resources and compares what FHIRPath finds in them by the rules of the specification.
 */
let server: TestServer
let client: Client
let oracle: Oracle
let stored: Map<string, Resource[]>
let capabilities: Capabilities

interface Capabilities {
  readonly rest: readonly [{ readonly resource: readonly { type: string; searchParam: readonly { name: string }[] }[] }]
}

interface Pair {
  readonly parameter: Parameter
  readonly modifier: string | undefined
}

/** What is asked, but not compared, and why. */
const notCompared: Readonly<Record<string, string>> = {}

/** At the same time. */
const askers = 4
const mostShown = 40

before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  await storeExamples(server)
  client = server.as({ kind: 'server' })
  capabilities = (await server.anonymous.get('metadata').expect(200)).body as Capabilities
  stored = await storedResources(
    server,
    capabilities.rest[0].resource.map(({ type }) => type),
  )
  oracle = createOracle(server.base, Date.now())
})
after(() => server.close())

test('every search parameter with every modifier answers what a naive evaluation with FHIRPath finds', async (context) => {
  const pairs = allPairs()
  const problems: string[] = []
  const tally = { asked: 0, matched: 0, empty: 0 }
  const work = pairs.values()
  await Promise.all(
    Array.from({ length: askers }, async () => {
      for (const pair of work) problems.push(...(await compared(pair, tally)))
    }),
  )
  const resources = [...stored.values()].reduce((sum, { length }) => sum + length, 0)
  context.diagnostic(
    `${pairs.length} pairs of parameter and modifier on ${resources} resources, ${tally.asked} searches: ` +
      `${tally.matched} pairs matched something, ${tally.empty} have no value in what is stored`,
  )
  assert.deepEqual(problems.slice(0, mostShown), [], `${problems.length} answers differ`)
  assert.ok(pairs.length > 3_000 && tally.matched > 1_000)
})

function allPairs(): Pair[] {
  return capabilities.rest[0].resource.flatMap(({ type, searchParam }) =>
    searchParam.flatMap(({ name }): Pair[] => {
      // `_list` and its like are no parameters of a type, and have no values in a resource.
      if (search.supported(type).special.some(({ code }) => code === name)) return []
      const parameter = parameterOf(type, name)
      assert.ok(parameter, `${type}.${name} is no parameter of R4`)
      const modifiers = search
        .supported(type)
        .modifiers(name)
        .filter((modifier) => isWorthIt(parameter, modifier))
      return [undefined, ...modifiers].map((modifier) => ({ parameter, modifier }))
    }),
  )
}

/**
 * Without the full set, modifiers are asked for where there is something to find, and of those that name a type, of which a
 * reference to any resource has 145, the ones that are referred to.
 */
function isWorthIt(parameter: Parameter, modifier: string): boolean {
  const resources = stored.get(parameter.resourceType)!
  if (hasFullSet || (modifier === 'missing' && resources.length > 0)) return true
  const having = resources.filter((one) => oracle.values(parameter, one).length > 0)
  const named = parameter.type === 'reference' && /^[A-Z]/.test(modifier) ? `${modifier}/` : ''
  return having.some((resource) => JSON.stringify(resource).includes(named))
}

async function compared(
  { parameter, modifier }: Pair,
  tally: { asked: number; matched: number; empty: number },
): Promise<string[]> {
  const { resourceType, code } = parameter
  const resources = stored.get(resourceType)!
  const name = modifier === undefined ? code : `${code}:${modifier}`
  const { queries, drawn } = drawnQueries(parameter, modifier, resources, {
    oracle,
    base: server.base,
    nobodysComposite,
  })
  const problems: string[] = []
  let matched = 0
  for (const query of queries) {
    tally.asked++
    const answer = await asked(resourceType, name, query)
    if (typeof answer === 'string') {
      problems.push(`${resourceType}?${name}=${query}: ${answer}`)
      continue
    }
    if (notCompared[modifier ?? parameter.type]) continue
    const expected = resources
      .filter((resource) => oracle.finds(parameter, modifier, query, resource))
      .map(({ id }) => id)
    matched += expected.length
    const difference = differenceOf(expected, answer)
    if (difference) problems.push(`${resourceType}?${name}=${query}: ${difference}`)
  }
  if (matched > 0) tally.matched++
  if (!drawn && modifier !== 'missing') tally.empty++
  if (drawn && matched === 0 && modifier !== 'not' && modifier !== 'not-in')
    problems.push(`${resourceType}?${name}: the oracle finds nothing by ${queries.join(' ')}`)
  return problems
}

function nobodysComposite({ component = [] }: Parameter): string {
  return component.map(({ definition }) => nobodysFor(typeOfParameter(definition))).join('$')
}

/** The ids that a search answers, over all of its pages; or what is wrong with the answer. */
async function asked(type: string, name: string, query: string): Promise<string[] | string> {
  const ids: string[] = []
  let url: string | undefined =
    `${server.base}/${type}?${new URLSearchParams({ [name]: query, _count: '1000', _elements: 'id', _total: 'none' })}`
  while (url !== undefined) {
    const response: Response = await fetch(url, { headers: { authorization: `Bearer ${client.token}` } })
    const body = (await response.json()) as Answer
    if (response.status !== 200) return `${response.status} ${body.issue?.[0]?.diagnostics}`
    ids.push(...(body.entry ?? []).map(({ resource }) => resource.id))
    url = body.link?.find(({ relation }) => relation === 'next')?.url
  }
  return ids
}

interface Answer {
  readonly issue?: readonly { readonly diagnostics?: string }[]
  readonly entry?: readonly { readonly resource: { readonly id: string } }[]
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
}

function differenceOf(expected: readonly string[], answer: readonly string[]): string | undefined {
  if (new Set(answer).size !== answer.length) return 'a resource comes twice'
  const missing = expected.filter((id) => !answer.includes(id))
  const tooMany = answer.filter((id) => !expected.includes(id))
  if (missing.length === 0 && tooMany.length === 0) return undefined
  const shown = (what: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.slice(0, 3).join(' ')}`]
  return [`${expected.length} expected`, ...shown('are missing', missing), ...shown('are too many', tooMany)].join(', ')
}
