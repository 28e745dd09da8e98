import { depthLimit } from './json.ts'

/**
 * JSON Pointer. https://www.rfc-editor.org/rfc/rfc6901
 */
export function parsePointer(pointer: unknown): readonly string[] | undefined {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) return undefined
  if (/~(?![01])/.test(pointer)) return undefined
  const keys = pointer.split('/').slice(1)
  if (keys.length > depthLimit) return undefined
  // No element has this name, and as a key it would reach for an object's prototype.
  if (keys.includes('__proto__')) return undefined
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The FHIRPath of what the pointer names: `/name/0/given` in a Patient is `Patient.name[0].given`. */
export function pathOfPointer(resourceType: string, pointer: string): string | undefined {
  const keys = parsePointer(pointer)
  if (!keys?.every((key) => /^(?:[A-Za-z_]\w*|\d+|-)$/.test(key))) return undefined
  return keys
    .filter((key) => key !== '-')
    .reduce((path, key) => path + (/^\d/.test(key) ? `[${key}]` : `.${key}`), resourceType)
}
