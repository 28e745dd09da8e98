import type { Concept, Verdict } from '../terminology.ts'
import { pattern } from './pattern.ts'
import type { System } from './system.ts'
import { ucumVerdict } from '../ucum.ts'

interface Rules {
  readonly url: string
  readonly name: string
  has(code: string): Verdict
  display?(code: string): string | undefined
  /** Where they are few enough to list. */
  codes?(): readonly string[]
}

const isKnown = (is: boolean): Verdict => (is ? 'yes' : 'no')

/** Code systems that others keep and whose codes follow rules that this server knows. */
const rules: readonly Rules[] = [
  {
    url: 'urn:ietf:bcp:47',
    name: 'Tags for Identifying Languages',
    has: languageVerdict,
    display: (code) => names('language').of(code),
  },
  {
    url: 'urn:iso:std:iso:4217',
    name: 'ISO 4217 currency codes',
    has: (code) => isKnown(/^[A-Z]{3}$/.test(code) && names('currency').of(code) !== undefined),
    display: (code) => names('currency').of(code),
    codes: () => Intl.supportedValuesOf('currency'),
  },
  {
    url: 'urn:iso:std:iso:3166',
    name: 'ISO 3166 country codes',
    has(code) {
      if (/^[A-Z]{2}$/.test(code)) return isKnown(names('region').of(code) !== undefined)
      return /^([A-Z]{3}|[0-9]{3})$/.test(code) ? 'unknown' : 'no'
    },
    display: (code) => (/^[A-Z]{2}$/.test(code) ? names('region').of(code) : undefined),
  },
  {
    url: 'urn:iso:std:iso:3166:-2',
    name: 'ISO 3166-2 codes of subdivisions of countries',
    has: (code) => (/^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(code) ? 'unknown' : 'no'),
  },
  { url: 'urn:ietf:bcp:13', name: 'Media types', has: mediaTypeVerdict },
  { url: 'http://unitsofmeasure.org', name: 'Unified Code for Units of Measure', has: ucumVerdict },
  {
    url: 'urn:ietf:rfc:3986',
    name: 'Uniform Resource Identifiers',
    has: (code) => isKnown(/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(code)),
  },
  {
    url: 'https://www.iana.org/time-zones',
    name: 'IANA time zones',
    has: timeZoneVerdict,
    codes: () => [...Intl.supportedValuesOf('timeZone'), 'UTC'],
  },
]

export const ruledSystems: ReadonlyMap<string, System> = new Map(rules.map((each) => [each.url, ruledSystem(each)]))

function ruledSystem({ url, name, has, display, codes }: Rules): System {
  const itself = (code: string) => new Set(has(code) === 'yes' ? [code] : [])
  return {
    ...{ url, name, has },
    version: undefined,
    unlisted: 'endless',
    codes: () => codes?.(),
    concept: (code) => (has(code) === 'yes' ? bareConcept(code, name, display?.(code)) : undefined),
    filter({ property, op, value }) {
      const test = property === 'code' ? codeTest(op, value) : undefined
      return test && ((code) => (test(code) ? has(code) : 'no'))
    },
    descendants: itself,
    ancestors: itself,
  }
}

function codeTest(op: string, value: string): ((code: string) => boolean) | undefined {
  const listed = value.split(',').map((one) => one.trim())
  if (op === '=') return (code) => code === value
  if (op === 'in') return (code) => listed.includes(code)
  if (op === 'not-in') return (code) => !listed.includes(code)
  return op === 'regex' ? pattern(value) : undefined
}

export function bareConcept(code: string, systemName: string, display: string | undefined): Concept {
  return {
    ...{ code, systemName, display },
    ...{ systemVersion: undefined, definition: undefined },
    ...{ designations: [], properties: [], parents: [], children: [], isAbstract: false, isInactive: false },
  }
}

const made = new Map<string, Intl.DisplayNames>()

/** The names in English that come with the runtime; undefined for what is not known. */
function names(type: 'language' | 'region' | 'currency'): Intl.DisplayNames {
  const known = made.get(type) ?? new Intl.DisplayNames(['en'], { type, fallback: 'none' })
  made.set(type, known)
  return known
}

/** Well-formed, in the words of BCP 47, and then known. The runtime names every two-letter language, and not every other. */
function languageVerdict(code: string): Verdict {
  let tag: Intl.Locale
  try {
    tag = new Intl.Locale(code)
  } catch {
    return /^([ix]-|sgn-|zh-|en-GB-oed$|no-|cel-|art-)/i.test(code) ? 'unknown' : 'no'
  }
  if (tag.region !== undefined && names('region').of(tag.region) === undefined) return 'no'
  if (names('language').of(tag.language) !== undefined) return 'yes'
  return tag.language.length === 3 ? 'unknown' : 'no'
}

const restrictedName = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
const parameter = `\\s*;\\s*${restrictedName}=(?:[^\\s";]+|"[^"]*")`
const mediaType = new RegExp(`^${restrictedName}/${restrictedName}(?:${parameter})*$`)

/** RFC 6838, 4.2. FHIR writes its own formats without their main type too, as in CapabilityStatement.format. */
function mediaTypeVerdict(code: string): Verdict {
  if (code.length > 1000) return 'no'
  return mediaType.test(code) ? 'yes' : /^(xml|json|ttl)$/.test(code) ? 'unknown' : 'no'
}

function timeZoneVerdict(code: string): Verdict {
  if (!/^[A-Z][A-Za-z0-9+_/-]*$/.test(code)) return 'no'
  try {
    new Intl.DateTimeFormat('en', { timeZone: code })
    return 'yes'
  } catch {
    return 'no'
  }
}
