import type { Access, Action } from '../access/access.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Search } from '../search/create-search.ts'
import type { Answered } from './interaction.ts'
import { isOffered, type Operation } from './operation.ts'

interface Parts {
  definitions: Definitions
  access: Pick<Access, 'offered'>
  search: Search
  operations: readonly Operation[]
  base: string
}

/** The codes of https://hl7.org/fhir/R4/valueset-type-restful-interaction.html that `perform` has a handler for, and what each of them needs. */
const typeInteractions: Readonly<Record<string, Action>> = {
  read: 'read',
  vread: 'read',
  create: 'create',
  update: 'update',
  patch: 'update',
  delete: 'delete',
  'history-instance': 'read',
  'search-type': 'search',
}
/** The moment from which this process says what it says. */
const started = new Date()

/**
 * capabilities: what this server does, made from the definitions, the table of interactions and the list of operations,
 * never written by hand.
 *
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
export function createCapabilities(parts: Parts) {
  let text: string | undefined
  return async function capabilities(): Promise<Answered> {
    text ??= JSON.stringify(capabilityStatement(parts))
    return { answer: { status: 200, json: text } }
  }
}

function capabilityStatement({ definitions, access, search, operations, base }: Parts) {
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
    format: ['application/fhir+json', 'json'],
    patchFormat: ['application/json-patch+json'],
    rest: [
      {
        mode: 'server',
        security: security(base),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: definitions.resourceTypes.map((type) => resource(type, search, operations, access)),
        operation: operationsOf(operations.filter((one) => isOffered(one, 'system'))),
      },
    ],
  }
}

function resource(type: string, search: Search, operations: readonly Operation[], access: Parts['access']) {
  const { parameters, includes, revIncludes } = search.supported(type)
  const interactions = Object.entries(typeInteractions).filter(([, action]) => access.offered(type, action))
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    interaction: interactions.map(([code]) => ({ code })),
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: access.offered(type, 'update'),
    conditionalCreate: type !== 'Binary',
    conditionalRead: 'not-supported',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal', 'logical', 'local'],
    searchInclude: includes,
    searchRevInclude: revIncludes,
    searchParam: parameters.map(({ code, url, type: kind }) => ({ name: code, definition: url, type: kind })),
    operation: operationsOf(
      operations.filter((one) => isOffered(one, 'type', type) || isOffered(one, 'instance', type)),
    ),
  }
}

function operationsOf(operations: readonly Operation[]) {
  return operations.map(({ name, definition }) => ({ name, definition }))
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
