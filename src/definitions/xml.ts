import type { Structures } from './structure.ts'
import { createLayouts } from './xml/layout.ts'
import { createXmlReader } from './xml/read.ts'
import { createXmlWriter } from './xml/write.ts'

/** The same values in FHIR's other format. https://hl7.org/fhir/R4/xml.html */
export function createXml(structures: Structures) {
  const layouts = createLayouts(structures)
  return { readXml: createXmlReader(layouts), writeXml: createXmlWriter(layouts) }
}
