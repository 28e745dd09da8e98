import type { Change } from '../interactions/rule.ts'

/** A create under an id that the client chose: what is brought from elsewhere keeps its words, and does nothing by itself. */
export function isImport({ kind, identity, after }: Change): boolean {
  return kind === 'create' && after?.id === identity.id
}
