import type { Context } from 'koa'
import type { Definitions } from '../definitions/definitions.ts'
import { type Format, formats } from '../fhir/format.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'

export type Send = (ctx: Context, json: string, format: Format) => void

const indent = 2

/** Sends the JSON text of a resource in the caller's format: JSON as it is, XML and what is to be pretty made from it. */
export function createSend({ writeXml }: Pick<Definitions, 'writeXml'>): Send {
  return function send(ctx, json, format) {
    const isPretty = ctx.query['_pretty'] === 'true'
    ctx.vary('Accept')
    ctx.type = `${formats[format][0]}; charset=utf-8`
    if (format === 'xml') ctx.body = writeXml(parseJson(json), isPretty ? indent : undefined)
    else ctx.body = isPretty ? stringifyJson(parseJson(json), indent) : json
  }
}
