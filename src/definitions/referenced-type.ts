/**
 * The type of what a Reference or canonical names, told from its text, or from `type` where it has no text. A reference to
 * a contained resource, or a `urn:uuid:` without a type, names none.
 */
export function referencedType(value: unknown): string | undefined {
  if (typeof value === 'string') return typeInUrl(value)
  const { reference, type } = value as { reference?: unknown; type?: unknown }
  const named = typeof reference === 'string' ? typeInUrl(reference) : undefined
  return named ?? (typeof type === 'string' ? type : undefined)
}

function typeInUrl(url: string): string | undefined {
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(url)?.[1]
}
