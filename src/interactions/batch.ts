import type { Context } from '../access/principal.ts'
import { FhirError, operationOutcome } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handle } from '../store/store.ts'
import { resourceOf } from './body.ts'
import { answerText, bodyOf, refuseTooMuch } from './bundle-answer.ts'
import { bundleText, entryText } from './bundle-text.ts'
import type { Answer, Answered, Body, Interaction, Return } from './interaction.ts'
import { placedAt, type Plan } from './transaction-plan.ts'

interface Parts {
  plan: Plan
  perform: (context: Context, interaction: Interaction, body: Body) => Promise<Answer>
  transaction: (context: Context, handle: Handle, bundle: Resource, prefer: Return | undefined) => Promise<Answered>
  /** Hears of what was no refusal: the entry answers 500, the others go on. */
  onError: (error: unknown) => void
}

/**
 * batch and transaction: what `POST [base]` brings. The entries of a batch are independent: each is performed, audited and
 * answered as if it had come alone, in the order of the request.
 *
 * https://hl7.org/fhir/R4/http.html#transaction
 */
export function createBatch({ plan, perform, transaction, onError }: Parts) {
  return async function batch(
    context: Context,
    handle: Handle,
    { prefer }: Extract<Interaction, { kind: 'batch' }>,
    body: Body,
  ): Promise<Answered> {
    const bundle = resourceOf(body, 'Bundle')
    if (bundle['type'] === 'transaction') return transaction(context, handle, bundle, prefer)
    if (bundle['type'] !== 'batch') {
      const text = `A Bundle that is posted to the base is a "batch" or a "transaction", not "${bundle['type']}".`
      throw new FhirError('invalid', text, { expression: 'Bundle.type' })
    }
    const entries = plan.entriesOf(bundle)
    const texts: string[] = new Array<string>(entries.length)
    let next = 0
    let size = 0
    const worker = async () => {
      for (let n = next++; n < entries.length && !context.signal.aborted; n = next++) {
        const text = await answerEntry(context, entries[n]!, n, size, prefer)
        texts[n] = text
        size += text.length
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallel, entries.length) }, worker))
    return { answer: { status: 200, json: bundleText({ type: 'batch-response', entries: texts }) } }
  }

  async function answerEntry(
    context: Context,
    entry: Parameters<Plan['plannedEntry']>[0],
    n: number,
    size: number,
    prefer: Return | undefined,
  ): Promise<string> {
    try {
      const planned = plan.plannedEntry(entry, n)
      refuseTooMuch(size)
      await context.charge?.(1)
      const answer = await perform(context, planned.interaction, bodyOf(planned.resource))
      return answerText(planned, answer, prefer)
    } catch (error) {
      if (!(error instanceof FhirError)) onError(error)
      const { issues, status } = placedAt(
        `Bundle.entry[${n}]`,
        error instanceof FhirError ? error : unexpected(error),
      ) as FhirError
      return entryText({ response: { status: String(status), outcome: operationOutcome(issues) } })
    }
  }
}

function unexpected(cause: unknown): FhirError {
  return new FhirError('internal', 'Something went wrong on our side with this entry.', { cause })
}

/** Entries under way at once: enough to share commits, few enough to leave connections to others. */
const parallel = 4
