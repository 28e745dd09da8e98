import type { CodeAnswer, Terminology, ValueSet } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import type { Coding } from '../../../fhir/resource.ts'
import type { Answered } from '../../interaction.ts'
import type { Call, Operation } from '../../operation.ts'
import { parametersText, type Parameter } from '../../parameters-text.ts'
import { type AskedCode, askedCodings } from './asked-codings.ts'
import { codeSystemOf, refuseOtherVersion, whichCodeSystem } from './code-system.ts'
import { displayIn } from './display-language.ts'
import type { StoredTerminology } from './stored-terminology.ts'
import { valueSetOf, whichValueSet } from './value-set.ts'

const which = {
  code: { type: 'code' },
  display: { type: 'string' },
  coding: { type: 'Coding' },
  codeableConcept: { type: 'CodeableConcept' },
  abstract: { type: 'boolean' },
  displayLanguage: { type: 'code' },
} as const

const row = { name: 'validate-code', on: ['type', 'instance'], affectsState: false, needs: 'read' } as const

/**
 * `ValueSet/$validate-code`: whether a code is in a value set.
 *
 * https://hl7.org/fhir/R4/valueset-operation-validate-code.html
 */
export function validateInValueSet(source: StoredTerminology): Operation {
  return {
    ...row,
    definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code',
    types: ['ValueSet'],
    parameters: { ...whichValueSet, ...which, system: { type: 'uri' }, systemVersion: { type: 'string' } },
    async run(call) {
      const asked = askedCodings(call.given, 'systemVersion')
      const valueSet = await valueSetOf(call, source)
      return answered(call, asked, await source.around(call, valueSet), valueSet)
    },
  }
}

/**
 * `CodeSystem/$validate-code`: whether a code is in a code system.
 *
 * https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
 */
export function validateInCodeSystem(source: StoredTerminology): Operation {
  return {
    ...row,
    definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code',
    types: ['CodeSystem'],
    parameters: { ...whichCodeSystem('url'), ...which, version: { type: 'string' } },
    async run(call) {
      const { url, codeSystem } = await codeSystemOf(call, source, 'url', call.given.element<Coding>('coding'))
      const asked = askedCodings(call.given, 'version', url)
      refuseOtherVersion(codeSystem, call.given.text('version'))
      const terminology = await source.around(call, codeSystem)
      const inIt = asked.filter(({ system }) => system === url)
      if (inIt.length > 0) return answered(call, inIt, terminology)
      const systems = asked.map(({ system }) => system ?? 'none').join(', ')
      return parameters(call, { result: 'no', text: `The system of the code is ${systems}, not ${url}.` })
    },
  }
}

/** "The server returns true if one of the coding values is in the value set". */
function answered(call: Call, asked: readonly AskedCode[], terminology: Terminology, valueSet?: ValueSet): Answered {
  const answers = asked.map((one): CodeAnswer & { asked: AskedCode } => {
    const answer = terminology.validateCode({ ...one, valueSet, wantsDisplay: true })
    return { ...judged(call, one, answer, terminology), asked: one }
  })
  const best = answers.find(isRight) ?? answers.find(({ result }) => result === 'yes')
  if (best) return parameters(call, best, displayOf(call, best.asked, best, terminology))
  const unknown = answers.find(({ result }) => result === 'unknown')
  if (unknown) throw new FhirError('unprocessable', unknown.text!)
  return parameters(call, { result: 'no', text: answers.map(({ text }) => text).join(' ') })
}

function isRight({ result, hasWrongDisplay }: CodeAnswer): boolean {
  return result === 'yes' && !hasWrongDisplay
}

/** "If this parameter is false, abstract codes are not considered to be valid." */
function judged(
  { given }: Call,
  { system, code }: AskedCode,
  answer: CodeAnswer,
  terminology: Terminology,
): CodeAnswer {
  if (given.flag('abstract') !== false || answer.result !== 'yes') return answer
  const concept = terminology.lookup(system ?? answer.system!, code)
  if (typeof concept !== 'object' || !concept.isAbstract) return answer
  return { result: 'no', text: `"${code}" is abstract: it groups others and is not to be used itself.` }
}

function displayOf({ given }: Call, { system, code }: AskedCode, answer: CodeAnswer, terminology: Terminology) {
  const language = given.text('displayLanguage')
  const concept = language === undefined ? undefined : terminology.lookup(system ?? answer.system!, code)
  return typeof concept === 'object' ? displayIn(language, concept) : answer.display
}

function parameters({ asked }: Call, answer: CodeAnswer, display = answer.display): Answered {
  const parts: Parameter[] = [{ name: 'result', valueBoolean: isRight(answer) }]
  if (answer.text !== undefined) parts.push({ name: 'message', valueString: answer.text })
  if (display !== undefined) parts.push({ name: 'display', valueString: display })
  return { answer: { status: 200, json: parametersText(...parts) }, touched: { type: asked.type, id: asked.id } }
}
