/** "letter by letter"; `:below` those that start with it, `:above` those that it starts with. https://hl7.org/fhir/R4/search.html#uri */
export function uriMatches(query: string, stored: string, modifier: string | undefined): boolean {
  const urls = [stored, stored.split('|')[0]!]
  // "the :above and :below modifiers only apply to URLs, and not URNS such as OIDs"
  const isUrl = (text: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  if (modifier === 'below') return isUrl(query) && urls.some((url) => url.startsWith(query))
  if (modifier === 'above') return isUrl(query) && urls.some((url) => isUrl(url) && isAbove(url, query))
  return urls.includes(query)
}

/** At the boundary of a path segment. */
function isAbove(url: string, query: string): boolean {
  if (url === query) return true
  return query.startsWith(url.endsWith('/') ? url : `${url}/`)
}
