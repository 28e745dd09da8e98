import type { Question } from './promised-searches.ts'

/** The ids that a search answers, over all of its pages; or what is wrong with the answer, its status first. */
export type Answer = readonly string[] | string

interface Searchset {
  readonly issue?: readonly { readonly diagnostics?: string }[]
  readonly entry?: readonly { readonly resource: { readonly id: string } }[]
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
}

interface BatchAnswer {
  readonly entry: readonly {
    readonly resource?: Searchset
    readonly response: { readonly status: string; readonly outcome?: Searchset }
  }[]
}

/** At the same time, and in one batch. */
const [askers, atOnce] = [4, 50]

/** Asks one by one for what is drawn from a resource; what nobody has, of which there is far more, in batches. */
export function createAsking(base: string, token: string | undefined) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' }

  const urlOf = ({ parameter, name, query }: Question) =>
    `${parameter.resourceType}?${new URLSearchParams({ [name.slice(name.indexOf('?') + 1)]: query, _count: '1000', _elements: 'id', _total: 'none' })}`

  async function alone(question: Question): Promise<Answer> {
    const response = await fetch(`${base}/${urlOf(question)}`, { headers })
    return followed(response.status, (await response.json()) as Searchset)
  }

  async function followed(status: number, first: Searchset): Promise<Answer> {
    if (status !== 200) return `${status} ${first.issue?.[0]?.diagnostics}`
    const ids = idsOf(first)
    let url = nextOf(first)
    while (url !== undefined) {
      const response = await fetch(url, { headers })
      const page = (await response.json()) as Searchset
      if (response.status !== 200) return `${response.status} ${page.issue?.[0]?.diagnostics}`
      ids.push(...idsOf(page))
      url = nextOf(page)
    }
    return ids
  }

  async function inBatch(questions: readonly Question[]): Promise<Answer[]> {
    const entry = questions.map((one) => ({ request: { method: 'GET', url: urlOf(one) } }))
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry })
    const response = await fetch(base, { method: 'POST', headers, body })
    if (response.status !== 200) return questions.map(() => `${response.status} of the batch`)
    const answers = ((await response.json()) as BatchAnswer).entry.map(({ resource, response: { status, outcome } }) =>
      followed(Number.parseInt(status), resource ?? outcome ?? {}),
    )
    return Promise.all(answers)
  }

  /** The answers, in the order of the questions. */
  return async function ask(questions: readonly Question[]): Promise<Answer[]> {
    const answers: Answer[] = []
    const numbered = questions.map((question, n) => ({ question, n }))
    const rest = numbered.filter(({ question }) => !question.isDrawn)
    const work = [
      ...numbered.filter(({ question }) => question.isDrawn).map((one) => [one]),
      ...Array.from({ length: Math.ceil(rest.length / atOnce) }, (_, n) => rest.slice(n * atOnce, (n + 1) * atOnce)),
    ].values()
    const asker = async () => {
      for (const some of work) {
        const asked = some.map(({ question }) => question)
        const got = asked[0]!.isDrawn ? [await alone(asked[0]!)] : await inBatch(asked)
        for (const [at, { n }] of some.entries()) answers[n] = got[at] ?? 'no answer in the batch'
      }
    }
    await Promise.all(Array.from({ length: askers }, asker))
    return answers
  }
}

function idsOf({ entry = [] }: Searchset): string[] {
  return entry.map(({ resource }) => resource.id)
}

function nextOf({ link = [] }: Searchset): string | undefined {
  return link.find(({ relation }) => relation === 'next')?.url
}
