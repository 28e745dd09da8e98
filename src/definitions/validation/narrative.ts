import { SaxesParser } from 'saxes'
import { xhtmlNamespace as xhtml } from '../xml/parse.ts'

/**
 * "The XHTML content SHALL NOT contain a head, a body element, external stylesheet references, deprecated elements, scripts,
 * forms, base/link/xlink, frames, iframes, objects or event related attributes (e.g. onClick)."
 *
 * https://hl7.org/fhir/R4/narrative.html#xhtml: what is listed here is allowed, all else is not. The lists are those of
 * the invariant txt-1, with the rest of the chapters of HTML 4.0 that its text names.
 */
const elements = new Set(
  (
    'a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 ' +
    'hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var'
  ).split(' '),
)
const attributes = new Set(
  (
    'abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite ' +
    'class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev ' +
    'rowspan rules scope shape span src start style summary tabindex title type valign value vspace width ' +
    'xml:lang xml:space xmlns'
  ).split(' '),
)

/** What a style could load, run or be hidden behind. */
const activeStyle = /expression\s*\(|@import|behaviou?r\s*:|-moz-binding|javascript:|\\/i
const styleImages = /url\s*\(\s*["']?([^)]*)/gi
const scheme = /^([a-z][a-z0-9+.-]*):/i
const linkSchemes = new Set(['http', 'https', 'mailto', 'tel'])
const image = /^data:image\/(?:png|jpeg|gif|bmp|webp);/i

/** What is wrong with a narrative, one sentence each; the first few are enough. */
export const blankNarrative = 'the narrative has no content but whitespace (txt-2)'

export function narrativeProblems(text: string): string[] {
  const problems = new Set<string>()
  const say = (problem: string): void => {
    if (problems.size < 5) problems.add(problem)
  }
  // It knows the entities of XML alone: "there is no support for HTML entities like &nbsp; or &copy;".
  const reader = new SaxesParser({ xmlns: false, position: false })
  let depth = 0
  let roots = 0
  let hasContent = false
  reader.on('opentag', ({ name, attributes: given }) => {
    if (depth++ === 0) {
      if (++roots > 1 || name !== 'div') say('a narrative is one <div> element')
      if (given.xmlns !== xhtml) say(`the <div> of a narrative has xmlns="${xhtml}"`)
    }
    if (name === 'img') hasContent = true
    if (!elements.has(name)) say(`<${name.slice(0, 40)}> is not allowed in a narrative`)
    for (const attribute in given) {
      const problem = attributeProblem(attribute, given[attribute]!)
      if (problem !== undefined) say(problem)
    }
  })
  reader.on('closetag', () => void depth--)
  const noteContent = (content: string): void => {
    if (!hasContent && /\S/.test(content)) hasContent = true
  }
  reader.on('text', noteContent)
  reader.on('cdata', noteContent)
  reader.on('doctype', () => say('a narrative has no DOCTYPE'))
  reader.on('processinginstruction', () => say('a narrative has no processing instruction'))
  reader.on('error', (error) => {
    throw error
  })
  try {
    reader.write(text).close()
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    return [...problems, `the narrative is not well-formed XHTML: ${reason}`]
  }
  if (!hasContent) say(blankNarrative)
  return [...problems]
}

function attributeProblem(name: string, value: string): string | undefined {
  if (!attributes.has(name)) return `the attribute ${name.slice(0, 40)} is not allowed in a narrative`
  switch (name) {
    case 'xmlns':
      return value === xhtml ? undefined : `the namespace "${value.slice(0, 80)}" is not allowed in a narrative`
    case 'style':
      return isHarmlessStyle(value)
        ? undefined
        : 'a style in a narrative runs nothing, and loads nothing from elsewhere'
    case 'src':
      return isOwnImage(bare(value))
        ? undefined
        : `the image "${value.slice(0, 40)}" comes from outside of the resource`
    case 'href':
    case 'cite':
    case 'longdesc':
      return isHarmless(bare(value)) ? undefined : `a link to "${value.slice(0, 40)}" is not allowed in a narrative`
    default:
      return undefined
  }
}

function isHarmlessStyle(style: string): boolean {
  return !activeStyle.test(style) && [...style.matchAll(styleImages)].every(([, url]) => isOwnImage(bare(url!)))
}

/** As browsers read it: without control characters and blanks around and in between. */
function bare(url: string): string {
  // eslint-disable-next-line no-control-regex -- they are what browsers leave out
  return url.replace(/[\u0000-\u0020]+/g, '')
}

function isHarmless(url: string): boolean {
  const named = scheme.exec(url)?.[1]
  return named === undefined || linkSchemes.has(named.toLowerCase())
}

/** Of the resource, of this server, or written out; not of another server, which would learn who reads. */
function isOwnImage(url: string): boolean {
  return image.test(url) || (!scheme.test(url) && !/^[/\\]{2}/.test(url))
}
