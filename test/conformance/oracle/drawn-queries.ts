import { rangeOf } from './date-rules.ts'
import type { Found, Resource } from './fhirpath-values.ts'
import { numbersOf } from './number-rules.ts'
import type { Oracle } from './oracle.ts'
import { positionForms } from './position-rules.ts'
import { unitOf } from './quantity-rules.ts'
import { escaped, prefixes } from './query-values.ts'
import { targetOf } from './reference-rules.ts'
import type { Parameter } from './search-parameters.ts'
import { folded, textsOf } from './text-rules.ts'
import { membershipForms } from './terminology-rules.ts'
import { tokensOf, tokenTexts } from './token-rules.ts'
import { wordForms } from './word-rules.ts'

/** Stands in for a value where no stored resource has one: there is nothing to find, and nothing may break. */
const nobodys: Readonly<Record<string, string>> = {
  date: '2019-04-05',
  number: '17.5',
  quantity: '17.5|http://unitsofmeasure.org|mg',
  reference: 'no-such-id',
  uri: 'http://example.org/nobodys',
  string: 'nobodys',
  token: 'http://example.org/nobodys|none',
  special: '1|2|3|km',
}

interface Drawing {
  readonly oracle: Oracle
  readonly base: string
  readonly nobodysComposite: (parameter: Parameter) => string
}

/** The values to ask a parameter for with this modifier, drawn from resources that have some. */
export function drawnQueries(
  parameter: Parameter,
  modifier: string | undefined,
  resources: readonly Resource[],
  { oracle, base, nobodysComposite }: Drawing,
): { readonly queries: readonly string[]; readonly drawn: boolean } {
  if (modifier === 'missing') return { queries: ['true', 'false'], drawn: false }
  const having = resources.filter((resource) => oracle.values(parameter, resource).length > 0)
  const composite = parameter.type === 'composite'
  const forms = (resource: Resource) =>
    composite
      ? oracle.tuples(parameter, resource).flatMap((tuple) => tupleQuery(tuple, base))
      : oracle.values(parameter, resource).flatMap((value) => queriesFor(parameter, modifier, value, base))
  // The first that has a value that can be asked for, and the last for variety.
  const gives = (resource: Resource) => forms(resource).length > 0
  const giving = new Set([having.find(gives), having.findLast(gives)].filter((resource) => resource !== undefined))
  const queries = [...new Set([...giving].flatMap(forms))].slice(0, 12)
  if (queries.length > 0) return { queries, drawn: true }
  return { queries: [composite ? nobodysComposite(parameter) : nobodysFor(parameter.type, modifier)], drawn: false }
}

export function nobodysFor(type: string, modifier?: string): string {
  if (modifier === 'identifier') return 'http://example.org/nobodys|none'
  if (modifier === 'in' || modifier === 'not-in') return 'http://hl7.org/fhir/ValueSet/name-use'
  if (type === 'token' && (modifier === 'above' || modifier === 'below')) return 'http://hl7.org/fhir/name-use|maiden'
  if (modifier === 'above' || modifier === 'below') return 'http://example.org/nobodys'
  if (modifier === 'of-type') return 'http://example.org/nobodys|none|17'
  return nobodys[type] ?? 'none'
}

function tupleQuery(tuple: ReturnType<Oracle['tuples']>[number], base: string): string[] {
  const parts = tuple.map(
    ({ type, expression, values }) =>
      values.flatMap((found) => {
        const forms = plain(type, expression, found, base)
        // No number equals a range: it is met by what is at least its lower end.
        return found.type === 'Range' ? forms.filter((form) => form.startsWith('ge')) : forms
      })[0],
  )
  return parts.every((part) => part !== undefined) ? [parts.join('$')] : []
}

function queriesFor(
  { type, expression = '' }: Parameter,
  modifier: string | undefined,
  found: Found,
  base: string,
): string[] {
  if (modifier === undefined || modifier === 'not') {
    const forms = plain(type, expression, found, base)
    return modifier === 'not'
      ? forms.slice(0, 2)
      : forms.length > 1
        ? [...forms, `${forms[0]},${nobodysFor(type)}`]
        : forms
  }
  switch (`${type}:${modifier}`) {
    case 'string:exact':
      return textsOf(found, expression).map(({ text }) => escaped(text))
    case 'string:contains':
      return textsOf(found, expression).flatMap(({ text }) => middle(folded(text)))
    case 'token:text':
      return tokenTexts(found).flatMap((text) => beginning(folded(text)))
    case 'token:of-type':
      return typedIdentifiers(found)
    case 'token:in':
    case 'token:not-in':
    case 'token:above':
    case 'token:below':
      return membershipForms(modifier, found)
    case 'reference:text':
      return displays(found).flatMap((text) => beginning(folded(text)))
    case 'reference:below':
    case 'uri:below':
      return urls(found).map((url) => escaped(/^(.*:\/\/.+)\//.exec(url)?.[1] ?? url))
    case 'reference:above':
    case 'uri:above':
      return urls(found).map((url) => `${escaped(url)}/and/below`)
    case 'reference:identifier':
      return tokenForms({ type: 'Identifier', value: (found.value as { identifier?: unknown }).identifier ?? {} })
    default:
      return type === 'reference' ? ofOneType(modifier, targetOf(found, base)) : []
  }
}

/** All forms without a modifier; the first has no prefix. */
function plain(type: string, expression: string, found: Found, base: string): string[] {
  switch (type) {
    case 'string':
      return textsOf(found, expression)
        .flatMap(({ text }) => [escaped(folded(text)), ...beginning(folded(text))])
        .filter((text) => text !== '')
    case 'token':
      return tokenForms(found)
    case 'reference':
      return referenceForms(targetOf(found, base), base)
    case 'date':
      return dateForms(found)
    case 'uri':
      return typeof found.value === 'string' ? [escaped(found.value)] : []
    case 'quantity':
      return numberForms(found).flatMap((number, n) => withUnit(number, found, n === 0))
    case 'words':
      return wordForms(found).map(escaped)
    case 'special':
      return positionForms(found)
    default:
      return numberForms(found)
  }
}

function tokenForms(found: Found): string[] {
  return tokensOf(found).flatMap(({ system, code }) => {
    const forms = code === undefined ? [] : [escaped(code)]
    if (system !== undefined) forms.push(`${escaped(system)}|`)
    if (system !== undefined && code !== undefined) forms.push(`${escaped(system)}|${escaped(code)}`)
    const knowsSystem = ['Coding', 'CodeableConcept', 'Identifier'].includes(found.type)
    if (system === undefined && code !== undefined && knowsSystem) forms.push(`|${escaped(code)}`)
    return forms
  })
}

function referenceForms(target: string | undefined, base: string): string[] {
  if (target === undefined) return []
  const [type, id, ...others] = target.split('/')
  const isLocal = others.length === 0 && id !== undefined && /^[A-Z][A-Za-z]+$/.test(type!)
  if (!isLocal) return /^[a-z][a-z0-9+.-]*:\S+$/i.test(target) ? [escaped(target)] : []
  return [target, id, `${base}/${target}`]
}

function ofOneType(type: string, target: string | undefined): string[] {
  return target?.startsWith(`${type}/`) && target.split('/').length === 2 ? [target.slice(type.length + 1)] : []
}

function dateForms(found: Found): string[] {
  const range = rangeOf(found)
  const moment = range?.find(Number.isFinite)
  if (moment === undefined) return []
  const day = new Date(moment).toISOString().slice(0, 10)
  const own = typeof found.value === 'string' ? [found.value, found.value.slice(0, 10)] : []
  return [...own, day, ...prefixes.map((prefix) => `${prefix}${day}`), day.slice(0, 4)]
}

function numberForms(found: Found): string[] {
  const numbers = numbersOf(found)
  const point = numbers?.low ?? numbers?.high
  return point === undefined ? [] : [String(point), ...prefixes.map((prefix) => `${prefix}${point}`)]
}

function withUnit(number: string, found: Found, everyForm: boolean): string[] {
  const { system, code, unit } = unitOf(found)
  const full = system !== undefined && code !== undefined ? [`${number}|${escaped(system)}|${escaped(code)}`] : []
  if (!everyForm) return full.length > 0 ? full : [number]
  return [
    ...full,
    number,
    ...[code, unit].flatMap((name) => (name === undefined ? [] : [`${number}||${escaped(name)}`])),
  ]
}

function typedIdentifiers({ value }: Found): string[] {
  const { type, value: number } = value as {
    type?: { coding?: readonly { system?: string; code?: string }[] }
    value?: string
  }
  return (type?.coding ?? []).flatMap(({ system, code }) =>
    system && code && number ? [[system, code, number].map(escaped).join('|')] : [],
  )
}

/** "the :above and :below modifiers only apply to URLs" */
function urls({ value }: Found): string[] {
  return typeof value === 'string' && value.includes('://') ? [value.split('|')[0]!] : []
}

function displays({ value }: Found): string[] {
  const { display } = value as { display?: string }
  return display === undefined ? [] : [display]
}

function beginning(text: string): string[] {
  return text === '' ? [] : [escaped([...text].slice(0, 4).join('').trim())]
}

function middle(text: string): string[] {
  const letters = [...text]
  return letters.length < 3
    ? [escaped(text)].filter((one) => one !== '')
    : [escaped(letters.slice(1, 5).join('').trim())].filter((one) => one !== '')
}
