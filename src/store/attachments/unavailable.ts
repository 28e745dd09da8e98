import { FhirError } from '../../fhir/error.ts'

/** Runs work on the attachment store; whatever breaks in it leaves as `unavailable`, with the original as its cause. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof FhirError ? error : unavailable(error)
  }
}

export function unavailable(cause: unknown): FhirError {
  return new FhirError('unavailable', 'The attachment store cannot be reached.', { cause })
}

/** A row names an object that is not there: never the caller's fault, and never to be taken for an empty document. */
export function missingObject(key: string, cause: unknown): FhirError {
  return new FhirError('internal', `The bytes of the attachment ${key} are missing.`, { cause })
}
