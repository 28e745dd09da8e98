import { parseJson } from '../fhir/json.ts'
import { localReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Clause } from './clause.ts'
import type { Field, Fields } from './field.ts'
import type { Key, Keys, Rid } from './keys.ts'
import type { createLinks } from './links.ts'
import { anyOf } from './parse/any-of.ts'
import type { Follow, Followed, Include, IncludeRule, Led } from './request.ts'

interface Parts {
  keys: Keys
  fields: Fields
  linksTo: ReturnType<typeof createLinks>
  base: string
}

/** More types than these would make a statement with so many parts that its planning costs more than another round trip. */
const mostTypesBeside = 8

/**
 * What a search includes, in two portions: links that the statement of the page follows itself, and rules that are followed
 * afterwards from what was found, where that tells which of many types are meant, or includes lead on to others.
 */
export function createFollow({ keys, fields, linksTo, base }: Parts) {
  function beside(
    rules: readonly IncludeRule[],
    mayBeInStatement: boolean,
  ): { includes: Include[]; follow: Follow | undefined } {
    const once = rules.filter(({ iterate }) => !iterate)
    const types = new Set(once.flatMap((rule) => (rule.direction === 'forward' ? rule.targets : [rule.source])))
    const inStatement = mayBeInStatement && types.size <= mostTypesBeside ? once : []
    const includes = inStatement.flatMap(({ direction, source, code, targets }) =>
      targets.flatMap((target) =>
        linksTo(fields.of(source, code)!, target).map((link): Include => ({ direction, source, target, ...link })),
      ),
    )
    const left = rules.filter((rule) => !inStatement.includes(rule))
    return { includes, follow: left.length === 0 ? undefined : (rows, from) => followed(left, rows, from) }
  }

  function followed(rules: readonly IncludeRule[], rows: readonly Followed[], from: 'matches' | 'included'): Led[] {
    const asked = from === 'matches' ? rules : rules.filter(({ iterate }) => iterate)
    const found = new Map<string, Clause[]>()
    const add = (type: string, clause: Clause) => void found.set(type, [...(found.get(type) ?? []), clause])
    for (const type of new Set(rows.map((row) => row.type))) {
      const ofType = rows.filter((row) => row.type === type)
      const forward = asked.filter(({ direction, source }) => direction === 'forward' && source === type)
      if (forward.length > 0) {
        const resources = ofType.map(({ json }) => parseJson(json) as Resource)
        for (const rule of forward) referred(rule, resources, add)
      }
      for (const rule of asked) {
        if (rule.direction === 'reverse' && rule.targets.includes(type)) referring(rule, type, ofType, add)
      }
    }
    return [...found].map(([type, clauses]) => ({ type, where: anyOf(clauses) }))
  }

  /** The resources say themselves whom they refer to. */
  function referred({ source, code, targets }: IncludeRule, resources: readonly Resource[], add: Add): void {
    const field = fields.of(source, code)!
    const rids = new Map<string, Set<Rid>>()
    const urls = new Set<string>()
    for (const text of resources.flatMap((resource) => field.parameter.values(resource).flatMap(textOf))) {
      const local = localReference(text, base)
      if (!local) urls.add(text.split(/[|#]/, 1)[0]!)
      else if (targets.includes(local.type)) {
        rids.set(local.type, (rids.get(local.type) ?? new Set()).add(keys.ridOf(local.type, local.id)))
      }
    }
    for (const [type, any] of rids) add(type, { op: 'rid', any: [...any] })
    if (urls.size === 0) return
    for (const type of targets) {
      const url = urlOf(type)
      if (url) add(type, { op: 'keys', any: [...urls].map(url.keys.url), selective: true })
    }
  }

  function referring(rule: IncludeRule, type: string, rows: readonly Followed[], add: Add): void {
    for (const { by, via } of linksTo(fields.of(rule.source, rule.code)!, type)) {
      const rids = rows.map(({ rid }) => rid)
      if (by === 'patient') add(rule.source, { op: 'patient', any: rids })
      else {
        const own = via === undefined ? rids : rows.flatMap((row) => ownUrl(type, row) ?? []).map((key) => key ^ via)
        const any = own.map((key) => BigInt.asIntN(64, key ^ by))
        if (any.length > 0) add(rule.source, { op: 'keys', any, selective: true })
      }
    }
  }

  /** The key that a row holds for its own canonical URL. */
  function ownUrl(type: string, { json }: Followed): Key | undefined {
    const { url } = parseJson(json) as { url?: unknown }
    return typeof url === 'string' ? urlOf(type)?.keys.url(url) : undefined
  }

  function urlOf(type: string): Field | undefined {
    const field = fields.of(type, 'url')
    return field?.parameter.type === 'uri' ? field : undefined
  }

  return beside
}

type Add = (type: string, clause: Clause) => void

function textOf({ value }: { value: unknown }): string[] {
  const text = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
  return typeof text === 'string' && text !== '' && !text.startsWith('#') ? [text] : []
}
