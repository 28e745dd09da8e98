import type { Structure } from './structure.ts'

/** What to say of a member that the type does not have, with what was probably meant. */
export function unknownMember(key: string, { path, elements, members }: Structure): string {
  const text = `"${key.slice(0, 80)}" is not an element of ${path}`
  const bare = key.replace(/^_/, '')
  const sameLetters = [...members.keys()].find((name) => name.toLowerCase() === bare.toLowerCase())
  if (sameLetters !== undefined && sameLetters !== bare) return `${text}; is "${sameLetters}" meant?`
  const choice = elements.find(
    ({ isChoice, name }) => isChoice && (bare === name || bare === `${name}[x]` || isVariant(bare, name)),
  )
  if (!choice) return text
  const variants = choice.members.map((member) => member.key)
  return `${text}; ${choice.name}[x] is written as ${variants.length > 12 ? `"${variants[0]}" and the like` : variants.join(', ')}`
}

function isVariant(key: string, choice: string): boolean {
  return key.startsWith(choice) && /^[A-Z]/.test(key.slice(choice.length))
}
