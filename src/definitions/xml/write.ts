import { decimalText } from '../../fhir/json.ts'
import { escapedText, escapedValue } from './escape.ts'
import type { LaidMember, Layout, Layouts } from './layout.ts'
import { isNarrative } from './narrative.ts'
import { fhirNamespace, xhtmlNamespace } from './parse.ts'

type Json = Record<string, unknown>

const declaration = '<?xml version="1.0" encoding="UTF-8"?>'

/**
 * Resources as XML, straight from what JSON holds. Text alone is put together; nothing is built before.
 *
 * https://hl7.org/fhir/R4/xml.html
 */
export function createXmlWriter(layouts: Layouts) {
  /** `indent`: blanks per level. The resource is one that JSON was read into and found valid. */
  return function writeXml(resource: unknown, indent?: number): string {
    const lineBreak = indent === undefined ? undefined : '\n'
    const pad = ' '.repeat(indent ?? 0)
    return declaration + (lineBreak ?? '') + resourceXml(resource as Json, ` xmlns="${fhirNamespace}"`, lineBreak, pad)

    function resourceXml(value: Json, namespace: string, line: string | undefined, pad: string): string {
      const layout = layouts.ofResource(value['resourceType'])
      if (!layout) throw new Error(`${String(value['resourceType'])} is not a resource type`)
      return elementXml(layout.structure.type, namespace, value, layout, line, pad)
    }

    /** `line`: what begins the line of the element itself; undefined: all in one line. */
    function elementXml(
      name: string,
      more: string,
      value: Json,
      layout: Layout,
      line: string | undefined,
      pad: string,
    ): string {
      const inner = line === undefined ? undefined : line + pad
      let attributes = more
      let content = ''
      for (const [laid, key] of inOrder(value, layout)) {
        const given = value[key]
        if (laid.kind === 'attribute') attributes += ` ${key}="${escapedValue(String(given))}"`
        else content += memberXml(key, laid, given, value[`_${key}`], inner, pad)
      }
      return tagXml(name, attributes, content, line)
    }

    function memberXml(
      key: string,
      laid: LaidMember,
      value: unknown,
      beside: unknown,
      line: string | undefined,
      pad: string,
    ): string {
      if (!laid.isList) return (line ?? '') + itemXml(key, laid, value, beside, line, pad)
      const values = (value ?? []) as readonly unknown[]
      const besides = (beside ?? []) as readonly unknown[]
      let text = ''
      for (let at = 0; at < Math.max(values.length, besides.length); at++) {
        text += (line ?? '') + itemXml(key, laid, values[at], besides[at], line, pad)
      }
      return text
    }

    function itemXml(
      key: string,
      laid: LaidMember,
      value: unknown,
      beside: unknown,
      line: string | undefined,
      pad: string,
    ): string {
      switch (laid.kind) {
        case 'primitive': {
          const attribute = value == null ? '' : ` value="${escapedValue(decimalText(value) ?? String(value))}"`
          if (beside == null) return `<${key}${attribute}/>`
          const { id, ...rest } = beside as Json
          const more = (id === undefined ? '' : ` id="${escapedValue(String(id))}"`) + attribute
          return elementXml(key, more, rest, layouts.beside(), line, pad)
        }
        case 'xhtml':
          return narrativeXml(value)
        case 'resource': {
          const inner = line === undefined ? undefined : line + pad
          return tagXml(key, '', (inner ?? '') + resourceXml(value as Json, '', inner, pad), line)
        }
        default:
          return elementXml(key, '', value as Json, layouts.ofMember(laid), line, pad)
      }
    }
  }
}

/** The members that are there, in the order of the definition; one that has only `_name` stands under its name. */
function inOrder(value: Json, { structure, members }: Layout): (readonly [LaidMember, string])[] {
  const found: (readonly [LaidMember, string])[] = []
  let isSorted = true
  for (const given in value) {
    if (value[given] === undefined || (given === 'resourceType' && structure.isResource)) continue
    const key = given.startsWith('_') ? given.slice(1) : given
    if (key !== given && value[key] !== undefined) continue
    const laid = members.get(key)
    if (!laid) throw new Error(`${structure.path} has no element ${key}`)
    if (found.length > 0 && found.at(-1)![0].order > laid.order) isSorted = false
    found.push([laid, key])
  }
  return isSorted ? found : found.sort(([a], [b]) => a.order - b.order)
}

function tagXml(name: string, attributes: string, content: string, line: string | undefined): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}${line ?? ''}</${name}>`
}

/** What is not XHTML would break the document; then its characters are shown. */
function narrativeXml(value: unknown): string {
  const text = String(value)
  return isNarrative(text) ? text : `<div xmlns="${xhtmlNamespace}"><pre>${escapedText(text)}</pre></div>`
}
