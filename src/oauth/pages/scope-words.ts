/**
 * What a scope means, in words for the person who is asked.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html
 */
import type { Scope } from '../../access/principal.ts'
import { parseScope } from '../../access/scopes.ts'
import { plainName } from '../../access/kinds.ts'

const fixed: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  fhirUser: 'Find your own record',
  profile: 'Know who you are',
  launch: 'Know which patient you are looking at',
  'launch/patient': 'Be told which patient you choose here',
  'launch/encounter': 'Be told which visit you are looking at',
  offline_access: 'Stay connected while you are not signed in, until you remove the app',
  online_access: 'Stay connected while you are signed in',
}

const actions: Readonly<Record<string, string>> = { c: 'create', r: 'read', u: 'change', d: 'delete', s: 'search' }

export function scopeWords(text: string): string {
  const scope = parseScope(text)
  return scope ? resourceWords(scope) : (fixed[text] ?? text)
}

function resourceWords({ level, type, actions: letters, query }: Scope): string {
  const verbs = listed([...letters].map((letter) => actions[letter]!))
  const what = type === '*' ? 'all kinds of records' : plainName(type)
  const whose = level === 'patient' ? 'of the one patient' : 'that you may use yourself'
  const only = query ? ` (only ${query.map(([name, value]) => `${name}: ${value.split('|').at(-1)}`).join(', ')})` : ''
  return `${verbs.charAt(0).toUpperCase()}${verbs.slice(1)} ${what} ${whose}${only}`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
