import { depthLimit } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/error.ts'
import { escapedText, escapedValue } from './escape.ts'
import { parseXml, type Tag, xhtmlNamespace } from './parse.ts'

/** Collects one `div` of XHTML, from its own tag on. */
export interface Narrative {
  open(tag: Tag): void
  text(text: string): void
  /** The whole `div` when this was its end. */
  close(position: number): string | undefined
}

/**
 * The `div` of a narrative as JSON holds it: character by character as it was written. When it relies on namespaces that
 * are declared around it, it is written anew.
 *
 * https://hl7.org/fhir/R4/narrative.html
 */
export function createNarrative(source: string, tag: Tag, position: number): Narrative {
  const start = source.lastIndexOf('<', position - 1)
  const rewritten = isSelfContained(tag) ? undefined : [startTag(tag, true)]
  const names = [tag.local]
  refuseForeign(tag)

  return {
    open(inner) {
      refuseForeign(inner)
      if (names.length >= depthLimit) throw new FhirError('tooLarge', `The narrative nests deeper than ${depthLimit}`)
      if (!rewritten && inner.prefix !== '') throw new FhirError('invalid', `<${inner.name}> needs no prefix here`)
      names.push(inner.local)
      rewritten?.push(startTag(inner, false))
    },
    text(text) {
      rewritten?.push(escapedText(text))
    },
    close(end) {
      rewritten?.push(`</${names.at(-1)}>`)
      names.pop()
      if (names.length > 0) return undefined
      return rewritten?.join('') ?? source.slice(start, end)
    },
  }
}

/** Whether the string is a `div` that can stand in a document as it is. */
export function isNarrative(text: string): boolean {
  if (!text.startsWith('<div')) return false
  let narrative: Narrative | undefined
  let isWhole = false
  try {
    parseXml(text, {
      open(tag, position) {
        if (narrative) return narrative.open(tag)
        if (!isSelfContained(tag)) throw new FhirError('invalid', 'The narrative is no <div> of XHTML')
        narrative = createNarrative(text, tag, position)
      },
      text: (characters) => narrative?.text(characters),
      close: (position) => void (isWhole = narrative?.close(position) !== undefined && position === text.length),
    })
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
  return isWhole
}

function isSelfContained({ prefix, attributes }: Tag): boolean {
  return prefix === '' && attributes['xmlns']?.value === xhtmlNamespace
}

function refuseForeign({ name, local, uri, ns, attributes }: Tag): void {
  if (uri !== xhtmlNamespace) throw new FhirError('invalid', `<${name}> is no element of XHTML`)
  if (Object.keys(ns).some((prefix) => prefix !== '' && ns[prefix] !== xhtmlNamespace)) {
    throw new FhirError('invalid', `<${local}> brings a namespace that is not XHTML's`)
  }
  const foreign = Object.values(attributes).find(({ prefix }) => !['', 'xml', 'xmlns'].includes(prefix))
  if (foreign) throw new FhirError('invalid', `"${foreign.name}" is no attribute of XHTML`)
}

function startTag({ local, attributes }: Tag, isOutermost: boolean): string {
  const own = Object.values(attributes).filter(({ name, prefix }) => name !== 'xmlns' && prefix !== 'xmlns')
  const given = own.map(({ name, value }) => ` ${name}="${escapedValue(value)}"`)
  return `<${local}${isOutermost ? ` xmlns="${xhtmlNamespace}"` : ''}${given.join('')}>`
}
