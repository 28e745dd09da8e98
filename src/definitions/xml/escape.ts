/** What XML 1.0 cannot hold, in any form. https://www.w3.org/TR/xml/#charsets */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu
// eslint-disable-next-line no-control-regex -- as above, and whitespace that an attribute does not keep
const special = /[&<>"\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/u

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

/** For an attribute in double quotes: reads back equal, line ends included. */
export function escapedValue(text: string): string {
  if (!special.test(text)) return text
  return text.replace(impossible, '\ufffd').replace(/[&<>"\t\n\r]/g, (character) => references[character]!)
}

export function escapedText(text: string): string {
  if (!special.test(text)) return text
  return text.replace(impossible, '\ufffd').replace(/[&<>\r]/g, (character) => references[character]!)
}
