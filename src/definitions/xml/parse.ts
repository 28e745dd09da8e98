import { SaxesParser, type SaxesTagNS, type XMLDecl } from 'saxes'
import { FhirError } from '../../fhir/error.ts'

export const fhirNamespace = 'http://hl7.org/fhir'
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml'

export type Tag = SaxesTagNS

/** No element of FHIR or of XHTML has as many, and a tag with millions would fill the memory before it ends. */
const attributeLimit = 100

/** Hears of tags and text in turn. `position`: where the tag ends in the text. */
export interface Listener {
  open(tag: Tag, position: number): void
  close(position: number): void
  text(text: string): void
}

/**
 * Reads XML, strictly and in one pass. Throws FhirError('malformed') for what is not well formed, and for a DTD, any entity
 * but XML's own five, a processing instruction, and other encodings than UTF-8.
 *
 * https://hl7.org/fhir/R4/xml.html and https://hl7.org/fhir/R4/security.html#narrative
 */
export function parseXml(text: string, listener: Listener): void {
  const parser = new SaxesParser({ xmlns: true })
  const refuse = (what: string): never => {
    throw new FhirError('malformed', `The XML holds ${what} at line ${parser.line}, column ${parser.column + 1}`)
  }
  let tags = 0
  let attributes = 0
  // A parser with more than six listeners is five times slower: V8 no longer keeps it as a fast object.
  parser.on('opentag', (tag) => {
    if (tags++ === 0) checkDeclaration(parser.xmlDecl, refuse)
    attributes = 0
    listener.open(tag, parser.position)
  })
  parser.on('attribute', () => {
    if (++attributes > attributeLimit) refuse('a tag with too many attributes')
  })
  parser.on('closetag', () => listener.close(parser.position))
  parser.on('text', (characters) => listener.text(characters))
  parser.on('cdata', (characters) => listener.text(characters))
  parser.on('doctype', () => refuse('a document type declaration'))
  if (text.includes('<?', 1)) parser.on('processinginstruction', () => refuse('a processing instruction'))
  try {
    parser.write(text).close()
  } catch (error) {
    // The parser throws plain errors; any other is a refusal by the listener, or a defect.
    throw error instanceof Error && error.name === 'Error' ? broken(error) : error
  }
}

function checkDeclaration({ version, encoding }: XMLDecl, refuse: (what: string) => never): void {
  if (version !== undefined && version !== '1.0') refuse(`the XML version ${version}`)
  if (encoding !== undefined && !/^utf-8$/i.test(encoding)) refuse(`the encoding ${encoding}; UTF-8 is the one`)
}

/** The parser's sentences begin with line and column. */
function broken(cause: Error): FhirError {
  const [, line, column, problem] = /^(?:(\d+):(\d+): )?(.*?)\.?$/s.exec(cause.message)!
  const place = line === undefined ? '' : ` at line ${line}, column ${Number(column) + 1}`
  return new FhirError('malformed', `The XML is broken: ${problem!.slice(0, 200)}${place}`, { cause })
}
