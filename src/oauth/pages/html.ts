/**
 * HTML as a value: whatever is put into the template is escaped, unless it came from the template itself.
 *
 * https://html.spec.whatwg.org/multipage/syntax.html
 */
export interface Html {
  readonly html: string
}

type Content = Html | string | number | undefined | false | readonly Content[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return { html: strings.map((text, index) => text + render(values[index])).join('') }
}

/** Markup that the server itself made, such as the library's logout form. */
export function trusted(markup: string): Html {
  return { html: markup }
}

function render(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'string') return content.replace(/[&<>"']/g, (character) => entities[character]!)
  if (typeof content === 'number') return String(content)
  if (isList(content)) return content.map(render).join('')
  return content.html
}

function isList(content: Html | readonly Content[]): content is readonly Content[] {
  return Array.isArray(content)
}
