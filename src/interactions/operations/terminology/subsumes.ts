import { FhirError } from '../../../fhir/error.ts'
import type { Coding } from '../../../fhir/resource.ts'
import type { Operation } from '../../operation.ts'
import type { Given } from '../../operation-parameters.ts'
import { parametersText } from '../../parameters-text.ts'
import { codeSystemOf, refuseOtherVersion, whichCodeSystem } from './code-system.ts'
import type { StoredTerminology } from './stored-terminology.ts'

/**
 * `CodeSystem/$subsumes`: how two codes of a code system stand to each other.
 *
 * https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
 */
export function subsumes(source: StoredTerminology): Operation {
  return {
    name: 'subsumes',
    definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes',
    on: ['type', 'instance'],
    types: ['CodeSystem'],
    affectsState: false,
    needs: 'read',
    parameters: {
      ...whichCodeSystem('system'),
      version: { type: 'string' },
      codeA: { type: 'code' },
      codeB: { type: 'code' },
      codingA: { type: 'Coding' },
      codingB: { type: 'Coding' },
    },
    async run(call) {
      const { given, asked } = call
      const [a, b] = [codeOf(given, 'A'), codeOf(given, 'B')]
      const { url, codeSystem } = await codeSystemOf(call, source, 'system', a.system === undefined ? b : a)
      refuseOtherVersion(codeSystem, given.text('version'))
      for (const { system, version, place } of [a, b]) {
        if (system !== undefined && system !== url) {
          throw new FhirError('invalidQuery', `A code of ${system} does not stand in ${url}.`, { expression: place })
        }
        refuseOtherVersion(codeSystem, version)
      }
      const terminology = await source.around(call, codeSystem)
      for (const { code, place } of [a, b]) {
        if (typeof terminology.lookup(url, code) === 'object') continue
        throw new FhirError('notFound', `"${code}" is not known in ${url}.`, { expression: place })
      }
      const valueCode = terminology.subsumes(url, a.code, b.code)
      const json = parametersText({ name: 'outcome', valueCode })
      return { answer: { status: 200, json }, touched: { type: 'CodeSystem', id: asked.id } }
    },
  }
}

function codeOf(given: Given, which: 'A' | 'B'): Coding & { code: string; place: string } {
  const [codeName, codingName] = [`code${which}`, `coding${which}`]
  const coding = given.element<Coding>(codingName)
  const code = given.text(codeName) ?? coding?.code
  if (code === undefined || (coding && given.has(codeName))) {
    throw new FhirError('invalidQuery', `Give "${codeName}" or "${codingName}", with a code.`, { expression: codeName })
  }
  return { ...coding, code, place: given.place(coding ? codingName : codeName) }
}
