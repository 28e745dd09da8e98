import { FhirError } from '../../fhir/error.ts'
import { unknownMember } from '../unknown-member.ts'
import {
  attach,
  attachPrimitive,
  depthBelow,
  fillUp,
  type Frame,
  type Json,
  primitiveValue,
  refuseAt,
} from './frame.ts'
import type { LaidMember, Layout, Layouts } from './layout.ts'
import { createNarrative, type Narrative } from './narrative.ts'
import { fhirNamespace, parseXml, type Tag } from './parse.ts'

const schemaNamespace = 'http://www.w3.org/2001/XMLSchema-instance'
const declaresNamespace = 'http://www.w3.org/2000/xmlns/'

/**
 * XML to what JSON would hold, in one pass and without a tree in between. Values are not judged here: validation is the
 * same for both formats. Throws FhirError('malformed') for what is no XML, ('invalid') with the FHIRPath of what FHIR's
 * XML does not have: unknown elements and attributes, another order, text between elements, other namespaces.
 *
 * https://hl7.org/fhir/R4/xml.html
 */
export function createXmlReader(layouts: Layouts) {
  return function readXml(text: string): unknown {
    let current: Frame | undefined
    let narrative: Narrative | undefined
    let root: Json | undefined

    parseXml(text, { open, close, text: characters })
    return root

    function open(tag: Tag, position: number): void {
      if (narrative) return within(() => narrative!.open(tag))
      if (!current?.layout) return openResource(tag)
      const target = targetOf(current, tag)
      if (target.laid.kind === 'xhtml') {
        within(() => (narrative = createNarrative(text, tag, position)), `.${target.key}`)
        return
      }
      openElement(current, tag, target)
    }

    function openResource(tag: Tag): void {
      if (current?.object) refuseAt(current, 'invalid', 'one element holds one resource')
      refuseOtherNamespace(tag, current)
      const layout = layouts.ofResource(tag.local)
      if (!layout)
        refuseAt(current, current ? 'invalid' : 'malformed', `<${tag.name}> is not a resource type of FHIR R4`)
      const object: Json = { resourceType: tag.local }
      if (current) {
        current.object = object
        attach(current.parent!.object!, current.target!, object)
      } else {
        root = object
      }
      const depth = current?.depth ?? 1
      current = { parent: current, step: current ? '' : tag.local, layout, object, depth, target: undefined }
      readAttributes(current, tag, current.parent === undefined)
    }

    function openElement(parent: Frame, tag: Tag, target: NonNullable<Frame['target']>): void {
      const { laid, key } = target
      const count = laid.isList ? ((parent.object![key] as unknown[] | undefined)?.length ?? 0) : undefined
      const step = `.${laid.member.element.name}${count === undefined ? '' : `[${count}]`}`
      const depth = depthBelow(parent, laid)
      const object: Json | undefined = laid.kind === 'resource' ? undefined : {}
      current = { parent, step, layout: layoutOf(laid), object, depth, target }
      if (laid.kind === 'object') attach(parent.object!, target, object)
      readAttributes(current, tag, false)
    }

    function close(position: number): void {
      if (narrative) {
        const whole = narrative.close(position)
        if (whole === undefined) return
        narrative = undefined
        current!.object!['div'] = whole
        return
      }
      const { parent, target, layout, object, value } = current!
      if (!layout && !object) refuseAt(current, 'invalid', 'the resource is missing')
      if (target?.laid.kind === 'primitive') {
        if (value === undefined && Object.keys(object!).length === 0) {
          refuseAt(current, 'invalid', 'an element is never empty: it has a value or an extension')
        }
        attachPrimitive(parent!, target, value, object!)
      } else {
        fillUp(current!)
      }
      current = parent
    }

    function characters(characters: string): void {
      if (narrative) return narrative.text(characters)
      if (!/[^ \t\r\n]/.test(characters)) return
      const start = JSON.stringify(characters.trim().slice(0, 40))
      refuseAt(current, 'invalid', `the text ${start} stands outside of any attribute`)
    }

    /** Refusals of the narrative are told where it stands. */
    function within(act: () => unknown, below = '.div'): void {
      try {
        act()
      } catch (error) {
        if (error instanceof FhirError) refuseAt(current, error.problem, error.message, below)
        throw error
      }
    }

    function layoutOf(laid: LaidMember): Layout | undefined {
      if (laid.kind === 'resource') return undefined
      return laid.kind === 'primitive' ? layouts.beside() : layouts.ofMember(laid)
    }
  }
}

/** The member that the tag names, which may not stand before the last one, nor repeat where it must not. */
function targetOf(frame: Frame, tag: Tag): NonNullable<Frame['target']> {
  const key = tag.local
  const { members, structure } = frame.layout!
  const laid = members.get(key)
  if (!laid) refuseAt(frame, 'invalid', unknownMember(key, structure), /^\w+$/.test(key) ? `.${key}` : '')
  const name = `.${laid.member.element.name}`
  if (laid.kind !== 'xhtml') refuseOtherNamespace(tag, frame, name)
  if (laid.kind === 'attribute') refuseAt(frame, 'invalid', `"${key}" is an attribute in XML`, name)
  const { last } = frame
  if (last && last.laid.order > laid.order) {
    refuseAt(frame, 'invalid', `<${key}> stands after <${last.key}>; the order is the other way round`, name)
  }
  if (last && last.laid.order === laid.order && !laid.isList) {
    const text = last.key === key ? `<${key}> does not repeat` : `only one of <${last.key}> and <${key}> is allowed`
    refuseAt(frame, 'invalid', text, name)
  }
  return (frame.last = { key, laid })
}

function refuseOtherNamespace({ name, uri }: Tag, frame: Frame | undefined, below?: string): void {
  if (uri === fhirNamespace) return
  const text = `<${name}> is in the namespace "${uri}", not in "${fhirNamespace}"`
  refuseAt(frame, frame ? 'invalid' : 'malformed', text, below)
}

function readAttributes(frame: Frame, { attributes }: Tag, isRoot: boolean): void {
  const type = frame.target?.laid.kind === 'primitive' ? frame.target.laid.member.type : undefined
  for (const { name, local, uri, value } of Object.values(attributes)) {
    if (uri === declaresNamespace) continue
    if (isRoot && uri === schemaNamespace && local === 'schemaLocation') continue
    if (type !== undefined && name === 'value') frame.value = primitiveValue(type, value)
    else if (frame.layout?.members.get(name)?.kind === 'attribute') frame.object![name] = value
    else refuseAt(frame, 'invalid', `"${name.slice(0, 80)}" is no attribute here`)
  }
}
