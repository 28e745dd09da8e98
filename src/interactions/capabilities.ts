import type { Access } from '../access/access.ts'
import { compartmentCodes, type Definitions } from '../definitions/definitions.ts'
import { formats } from '../fhir/format.ts'
import { FhirError } from '../fhir/error.ts'
import type { Search, SupportedParameter } from '../search/create-search.ts'
import { documentationOf } from '../search/documentation.ts'
import { hasBytes } from './binary-bytes.ts'
import { actionOf, isPossible, systemCodes, typeCodes } from './interaction-table.ts'
import type { Answered, InteractionKind } from './interaction.ts'
import { patchFormats } from './patch-body.ts'
import { isOffered, type Operation } from './operation.ts'

interface Parts {
  definitions: Definitions
  access: Pick<Access, 'offered'>
  search: Search
  operations: readonly Operation[]
  base: string
  limits: { conditionalDelete: number }
}

export type Capabilities = ReturnType<typeof createCapabilities>

/**
 * capabilities: what this server does, made from the definitions, the table of interactions and the list of operations,
 * never written by hand.
 *
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
export function createCapabilities(parts: Parts) {
  let made: { revision: number; text: string } | undefined
  return async function capabilities(query: URLSearchParams): Promise<Answered> {
    refuseOtherModes(query)
    const revision = parts.search.revision()
    if (made?.revision !== revision) {
      made = { revision, text: JSON.stringify(capabilityStatement(parts), withoutEmptyLists) }
    }
    return { answer: { status: 200, json: made.text } }
  }
}

/** "full", "normative" and "terminology"; which terminology there is, is told by the operations on it. */
function refuseOtherModes(query: URLSearchParams): void {
  const other = query.getAll('mode').find((mode) => mode !== 'full' && mode !== 'normative')
  if (other === undefined) return
  const text =
    other === 'terminology'
      ? 'There is no TerminologyCapabilities; the CapabilityStatement (mode=full) names the operations on terminology.'
      : `"${other}" is no mode of a CapabilityStatement; full and normative are.`
  throw new FhirError('unsupportedParameter', text, { expression: 'mode' })
}

/** "Objects are never empty … an array cannot be empty." https://hl7.org/fhir/R4/json.html */
function withoutEmptyLists(_name: string, value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value
}

/** The moment from which this process says what it says. */
const started = new Date()

function capabilityStatement(parts: Parts) {
  const { definitions, operations, base } = parts
  return {
    resourceType: 'CapabilityStatement',
    url: `${base}/metadata`,
    name: 'Chartshare',
    title: 'Chartshare FHIR server',
    status: 'active',
    date: started.toISOString(),
    kind: 'instance',
    software: { name: 'Chartshare' },
    implementation: { description: 'A FHIR R4 server for the safe sharing of medical documents', url: base },
    fhirVersion: '4.0.1',
    format: Object.entries(formats).flatMap(([name, [type]]) => [type, name]),
    patchFormat: patchFormats,
    rest: [
      {
        mode: 'server',
        security: security(base),
        interaction: systemCodes().map((code) => ({ code })),
        searchParam: parts.search.supportedBySystem().map(searchParam),
        compartment: compartmentCodes.map((code) => `http://hl7.org/fhir/CompartmentDefinition/${code.toLowerCase()}`),
        resource: definitions.resourceTypes.map((type) => resource(type, parts)),
        operation: operationsOf(operations.filter((one) => isOffered(one, 'system'))),
      },
    ],
  }
}

function resource(type: string, { definitions, access, search, operations, limits }: Parts) {
  const { parameters, special, modifiers, includes, revIncludes } = search.supported(type)
  const offers = (kind: InteractionKind) => access.offered(type, actionOf(kind)!)
  const profiles = definitions.profiles(type)
  const severalDeletes = limits.conditionalDelete > 1 ? 'multiple' : 'single'
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    ...(profiles.length === 0 ? {} : { supportedProfile: profiles }),
    interaction: typeCodes(type, (action) => access.offered(type, action)).map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: offers('history-instance'),
    updateCreate: offers('update'),
    conditionalCreate: offers('create') && !hasBytes(type),
    conditionalRead: offers('read') ? 'full-support' : 'not-supported',
    conditionalUpdate: offers('conditional-update') && isPossible('conditional-update', type),
    conditionalDelete: offers('conditional-delete') ? severalDeletes : 'not-supported',
    referencePolicy: ['literal', 'logical', 'local'],
    searchInclude: includes,
    searchRevInclude: revIncludes,
    searchParam: [
      ...parameters.map((parameter) => {
        const documentation = documentationOf(parameter.type, modifiers(parameter.code))
        return { ...searchParam(parameter), documentation }
      }),
      ...special.map(searchParam),
    ],
    operation: operationsOf(
      operations.filter(
        (one) =>
          (isOffered(one, 'type', type) || isOffered(one, 'instance', type)) &&
          (one.needs === undefined || access.offered(type, one.needs)),
      ),
    ),
  }
}

function searchParam({ code, url, type, declaredType = type, documentation }: SupportedParameter) {
  return { name: code, definition: url, type: declaredType, documentation }
}

function operationsOf(operations: readonly Operation[]) {
  const promised = new Map(operations.map(({ name, definition }) => [`${name} ${definition}`, { name, definition }]))
  return [...promised.values()]
}

/** http://hl7.org/fhir/smart-app-launch/conformance.html */
function security(base: string) {
  const origin = base.slice(0, -'/fhir'.length)
  const uris = {
    authorize: `${origin}/auth/auth`,
    token: `${origin}/auth/token`,
    register: `${origin}/auth/reg`,
    introspect: `${origin}/auth/token/introspection`,
    revoke: `${origin}/auth/token/revocation`,
  }
  return {
    cors: true,
    service: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
            code: 'SMART-on-FHIR',
            display: 'SMART-on-FHIR',
          },
        ],
        text: 'OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)',
      },
    ],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: Object.entries(uris).map(([url, valueUri]) => ({ url, valueUri })),
      },
    ],
  }
}
