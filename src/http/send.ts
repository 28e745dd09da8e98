import type { Context } from 'koa'
import type { Definitions } from '../definitions/definitions.ts'
import { type Format, formats } from '../fhir/format.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import { queryParameter } from './negotiate.ts'

export type Send = (ctx: Context, json: string, format: Format) => void

type Writer = Pick<Definitions, 'writeXml'>

const indent = 2

/** Sends the JSON text of a resource in the caller's format: JSON as it is, XML and what is to be pretty made from it. */
export function createSend(definitions: Writer): Send {
  return (ctx, json, format) => sendText(ctx, textOf(definitions, json, format, isPretty(ctx)), format)
}

/** As `createSend`, for one large text that everybody may ask for and that seldom changes: each form of it is made once. */
export function createSendOnceMade(definitions: Writer): Send {
  const made = new Map<string, { json: string; text: string }>()
  return (ctx, json, format) => {
    const form = `${format} ${isPretty(ctx)}`
    let known = made.get(form)
    if (known?.json !== json) {
      known = { json, text: textOf(definitions, json, format, isPretty(ctx)) }
      made.set(form, known)
    }
    sendText(ctx, known.text, format)
  }
}

function isPretty(ctx: Context): boolean {
  return queryParameter(ctx, '_pretty') === 'true'
}

function textOf({ writeXml }: Writer, json: string, format: Format, pretty: boolean): string {
  if (format === 'xml') return writeXml(parseJson(json), pretty ? indent : undefined)
  return pretty ? stringifyJson(parseJson(json), indent) : json
}

function sendText(ctx: Context, text: string, format: Format): void {
  ctx.vary('Accept')
  ctx.type = `${formats[format][0]}; charset=utf-8`
  ctx.body = text
}
