import type { Concept } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import type { Coding } from '../../../fhir/resource.ts'
import type { Operation } from '../../operation.ts'
import type { Given } from '../../operation-parameters.ts'
import { parametersText, type Parameter } from '../../parameters-text.ts'
import { askedCodings } from './asked-codings.ts'
import { codeSystemOf, refuseOtherVersion, whichCodeSystem } from './code-system.ts'
import { displayIn } from './display-language.ts'
import type { StoredTerminology } from './stored-terminology.ts'

/**
 * `CodeSystem/$lookup`: what a code system says about a code.
 *
 * https://hl7.org/fhir/R4/codesystem-operation-lookup.html
 */
export function lookup(source: StoredTerminology): Operation {
  return {
    name: 'lookup',
    definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
    on: ['type'],
    types: ['CodeSystem'],
    affectsState: false,
    needs: 'read',
    parameters: {
      ...whichCodeSystem('system'),
      code: { type: 'code' },
      version: { type: 'string' },
      coding: { type: 'Coding' },
      displayLanguage: { type: 'code' },
      property: { type: 'code', max: Infinity },
    },
    async run(call) {
      const { given } = call
      const [{ code, system, version } = refuse()] = askedCodings(given, 'version')
      const { url, codeSystem } = await codeSystemOf(call, source, 'system', given.element<Coding>('coding'))
      refuseOtherVersion(codeSystem, version)
      const concept = (await source.around(call, codeSystem)).lookup(url, code)
      if (typeof concept !== 'object') throw new FhirError('notFound', `"${code}" is not known in ${system}.`)
      const json = parametersText(...parametersOf(concept, given))
      return { answer: { status: 200, json }, touched: { type: 'CodeSystem' } }
    },
  }
}

function refuse(): never {
  throw new FhirError('invalidQuery', 'There is no code to look up.')
}

function parametersOf(concept: Concept, given: Given): Parameter[] {
  const wanted = given.texts('property')
  const wants = (name: string) => wanted.length === 0 || wanted.includes(name)
  const languages = wanted.flatMap((name) => (name.startsWith('lang.') ? [name.slice('lang.'.length)] : []))
  const designations = concept.designations.filter(
    ({ language }) => wants('designation') || (language !== undefined && languages.includes(language)),
  )
  const { systemName, systemVersion, definition, parents, children, properties, isInactive } = concept
  return [
    { name: 'name', valueString: systemName },
    ...(systemVersion === undefined ? [] : [{ name: 'version', valueString: systemVersion }]),
    { name: 'display', valueString: displayIn(given.text('displayLanguage'), concept) ?? concept.code },
    ...designations.map(({ language, use, value }) => ({
      name: 'designation',
      part: [
        ...(language === undefined ? [] : [{ name: 'language', valueCode: language }]),
        ...(use === undefined ? [] : [{ name: 'use', valueCoding: use }]),
        { name: 'value', valueString: value },
      ],
    })),
    ...[
      ...(definition === undefined ? [] : [property('definition', { valueString: definition })]),
      property('inactive', { valueBoolean: isInactive }),
      ...parents.map((valueCode) => property('parent', { valueCode })),
      ...children.map((valueCode) => property('child', { valueCode })),
      ...properties
        .filter(({ code }) => !['inactive', 'parent', 'child', 'subsumedBy'].includes(code))
        .map(({ code, ...value }) => property(code, value)),
    ].filter(({ part: [code] }) => wants(code.valueCode)),
  ]
}

function property(code: string, value: object) {
  return {
    name: 'property',
    part: [
      { name: 'code', valueCode: code },
      { name: 'value', ...value },
    ] as const,
  }
}
