import type { Change } from '../interactions/rule.ts'

/** A create under an id that the client chose: what is brought from elsewhere keeps its words, and does nothing by itself. */
export function isImport({ kind, interaction }: Change): boolean {
  return kind === 'create' && interaction === 'update'
}
