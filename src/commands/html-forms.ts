/** A form of a page, with what a browser would send if nobody touched it. */
export interface Form {
  readonly action: string
  readonly method: string
  /** Hidden fields, given values, ticked boxes. */
  readonly fields: readonly [name: string, value: string][]
  readonly inputs: readonly { readonly name: string; readonly type: string }[]
  readonly buttons: readonly { readonly name: string; readonly value: string }[]
}

/** The forms of a page of ours; plain HTML as the server writes it, not any page of the web. */
export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, attributes, inside]) => {
    const form = attributesOf(attributes!)
    const inputs = [...inside!.matchAll(/<input\b([^>]*)>/gi)].map(([, text]) => attributesOf(text!))
    const buttons = [...inside!.matchAll(/<button\b([^>]*)>/gi)].map(([, text]) => attributesOf(text!))
    return {
      action: form.action ?? '',
      method: (form.method ?? 'get').toUpperCase(),
      fields: inputs.filter(isSent).map(({ name, value }) => [name!, value ?? 'on'] as [string, string]),
      inputs: inputs.filter(({ name }) => name).map(({ name, type }) => ({ name: name!, type: type ?? 'text' })),
      buttons: buttons.filter(({ name }) => name).map(({ name, value }) => ({ name: name!, value: value ?? '' })),
    }
  })
}

/** What a page says, for people: its text without the markup. */
export function textOf(html: string): string {
  const visible = html.replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]+>/g, ' ')
  return unescaped(visible).replace(/\s+/g, ' ').trim()
}

function isSent({ name, type, value, ...rest }: Record<string, string>): boolean {
  if (!name || type === 'submit') return false
  return type === 'checkbox' || type === 'radio' ? 'checked' in rest : value !== undefined
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, double, single, bare] of text.matchAll(
    /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g,
  )) {
    found[name!.toLowerCase()] = unescaped(double ?? single ?? bare ?? '')
  }
  return found
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function unescaped(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name) return entities[name] ?? whole
    return String.fromCodePoint(Number.parseInt(hex ?? decimal!, hex ? 16 : 10))
  })
}
