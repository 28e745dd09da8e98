/** An absolute URL as a value; undefined for anything else. (`URL.parse` is not in every Node.js that we support.) */
export function parseUrl(text: unknown): URL | undefined {
  return typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
}
