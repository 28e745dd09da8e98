import { isDate, isDateTime, isInstant, isTime } from '../fhir/date-time.ts'
import { decimalText, stringifyJson } from '../fhir/json.ts'
import { isId } from '../fhir/resource.ts'

/** Says what is wrong with the JSON value of a primitive, or nothing. */
export type PrimitiveCheck = (value: unknown) => string | undefined

/** A JSON value for a message, shortened. */
export function quoted(value: unknown): string {
  const text = stringifyJson(typeof value === 'string' ? value.slice(0, 80) : value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$/
const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The primitive types and their rules.
 *
 * https://hl7.org/fhir/R4/datatypes.html#primitive
 */
const checks: Readonly<Record<string, PrimitiveCheck>> = {
  boolean: (value) => (typeof value === 'boolean' ? undefined : `${quoted(value)} is not true or false`),
  integer: whole('an integer between -2147483648 and 2147483647', -2_147_483_648),
  unsignedInt: whole('an integer from 0 to 2147483647', 0),
  positiveInt: whole('an integer from 1 to 2147483647', 1),
  decimal: (value) =>
    decimalText(value) === undefined ? `${quoted(value)} is not a number (without quotes)` : undefined,
  string: short(text),
  markdown: short(text),
  xhtml: text,
  code: short(matching('a code: no outer or double spaces', (value) => /^[^\s]+(?:\s[^\s]+)*$/.test(value))),
  id: matching('an id: up to 64 letters, digits, "-" and "."', isId),
  uri: matching('a URI: no whitespace, and OIDs and UUIDs in full', isUri),
  url: matching('a URL: no whitespace, and OIDs and UUIDs in full', isUri),
  canonical: matching('a canonical URL: no whitespace, and OIDs and UUIDs in full', isUri),
  oid: matching('an OID such as urn:oid:1.2.3', (value) => oid.test(value)),
  uuid: matching('a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520', (value) => uuid.test(value)),
  base64Binary: matching('base64', isBase64),
  date: matching('a date: YYYY, YYYY-MM or YYYY-MM-DD', isDate),
  dateTime: matching('a dateTime: a date, or YYYY-MM-DDThh:mm:ss with a zone such as Z or +02:00', isDateTime),
  instant: matching('an instant: YYYY-MM-DDThh:mm:ss with a zone such as Z or +02:00', isInstant),
  time: matching('a time: hh:mm:ss', isTime),
}

/** Of a primitive type that R4 does not know (a package may bring one), the value only has to be no object. */
export function primitiveCheck(type: string): PrimitiveCheck {
  return (
    checks[type] ?? ((value) => (typeof value === 'object' ? `${quoted(value)} is not a primitive value` : undefined))
  )
}

function whole(what: string, lowest: number): PrimitiveCheck {
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= 2_147_483_647)
      return undefined
    return `${quoted(value)} is not ${what}`
  }
}

function matching(what: string, isValid: (value: string) => boolean): PrimitiveCheck {
  return (value) => {
    if (typeof value !== 'string') return `${quoted(value)} is not a string`
    if (value === '') return 'a string is never empty; leave the element out instead'
    return isValid(value) ? undefined : `${quoted(value)} is not ${what}`
  }
}

/** "Note that strings SHALL NOT exceed 1,048,576 (1024*1024) characters in size." */
function short(check: PrimitiveCheck): PrimitiveCheck {
  return (value) =>
    typeof value === 'string' && value.length > longest
      ? `a string of ${value.length} characters is longer than 1,048,576; send large content as a Binary`
      : check(value)
}

const longest = 1024 * 1024

/** "Strings SHALL NOT contain Unicode character points below 32, except for u0009, u000D and u000A." */
function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return `${quoted(value)} is not a string`
  if (value === '') return 'a string is never empty; leave the element out instead'
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value)
    ? `${quoted(value)} holds a control character`
    : undefined
}

/** "OIDs and UUIDs: urn:oid: and urn:uuid:, whose values follow the types oid and uuid." A version or a fragment may follow. */
function isUri(value: string): boolean {
  if (/\s/.test(value)) return false
  if (!value.startsWith('urn:')) return true
  const bare = value.split(/[|#]/, 1)[0]!
  return (
    (!bare.startsWith('urn:oid:') || oid.test(bare)) && (!bare.startsWith('urn:uuid:') || uuid.test(bare.toLowerCase()))
  )
}

/** Characters from which on decoding and encoding again is quicker than a regular expression. */
const long = 1000

/** Whitespace is allowed anywhere; without it there are whole groups of four. */
function isBase64(value: string): boolean {
  const compact = /\s/.test(value) ? value.replace(/\s+/g, '') : value
  if (compact.length >= long && Buffer.from(compact, 'base64').toString('base64') === compact) return true
  return compact.length % 4 === 0 && /^[0-9a-zA-Z+/]*={0,2}$/.test(compact)
}
