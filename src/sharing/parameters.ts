import { FhirError } from '../fhir/error.ts'
import { resourceOf } from '../interactions/body.ts'
import type { Body } from '../interactions/interaction.ts'

interface Parameter {
  name?: string
  [value: string]: unknown
}

/** The texts that a Parameters resource holds under a name, whichever primitive type they have. */
export function textsIn(body: Body, name: string): string[] {
  const parameters = (resourceOf(body, 'Parameters')['parameter'] ?? []) as Parameter[]
  if (!Array.isArray(parameters)) {
    throw new FhirError('invalid', 'Parameters.parameter is a list.', { expression: 'Parameters.parameter' })
  }
  return parameters.flatMap((parameter, n) => {
    if (parameter.name !== name) {
      const expression = `Parameters.parameter[${n}].name`
      throw new FhirError('invalid', `This operation takes "${name}", not "${parameter.name}".`, { expression })
    }
    const value = Object.entries(parameter).find(([key]) => key.startsWith('value'))?.[1]
    if (typeof value === 'string') return [value]
    throw new FhirError('invalid', `"${name}" is a code.`, { expression: `Parameters.parameter[${n}]` })
  })
}

export function parameters(...parameter: Parameter[]): string {
  return JSON.stringify({ resourceType: 'Parameters', parameter })
}
