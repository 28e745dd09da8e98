import { type Role, type Row, rows, types } from './scope-rows.ts'

/**
 * What a token allows, told from the table of scope-rows.ts and from SMART's text alone: it shares no line with the server.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 */
export interface Held {
  readonly level: string
  readonly type: string
  readonly letters: string
  readonly conditions: readonly string[]
}

export type Letter = 'c' | 'r' | 'u' | 'd' | 's'

const olderLetters: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }

/** The scopes that a person can hold, or a backend service; what is misspelt, or for the other, is none. */
export function heldBy(role: Role, text: string): Held[] {
  return text.split(' ').flatMap((one): Held[] => {
    const [what = '', query] = splitOnce(one, '?')
    const [level = '', rest = ''] = splitOnce(what, '/')
    const [type = '', suffix = ''] = splitOnce(rest, '.')
    if (!(role === 'system' ? ['system'] : ['patient', 'user']).includes(level)) return []
    if (type !== '*' && !types.includes(type)) return []
    const letters = query === undefined ? (olderLetters[suffix] ?? suffix) : suffix
    const inOrder = [...'cruds'].filter((letter) => letters.includes(letter)).join('')
    if (letters === '' || letters !== inOrder) return []
    const conditions = query === undefined ? [] : query.split('&')
    return conditions.some((condition) => condition.startsWith('=')) ? [] : [{ level, type, letters, conditions }]
  })
}

function splitOnce(text: string, at: string): [string, string?] {
  const index = text.indexOf(at)
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}

export type Oracle = ReturnType<typeof createOracle>

/** `launched`: the patient in context, if there is one; `may`: what may be done with a row, scopes aside. */
export function createOracle(
  role: Role,
  text: string,
  launched: string | undefined,
  may = (row: Row) => row.may[role],
) {
  const held = heldBy(role, text)

  function about(type: string, letter: Letter): Held[] {
    return held.filter((scope) => [type, '*'].includes(scope.type) && scope.letters.includes(letter))
  }

  /** Whether the scope, which speaks of the type, lets the row through. */
  function lets(scope: Held, row: Row, letter: Letter): boolean {
    const documents = row.type === 'Binary' && !lettingDocument(row)
    return !documents && inPlace(scope, row, letter) && scope.conditions.every((one) => row.meets.includes(one))
  }

  function inPlace({ level }: Held, row: Row, letter: Letter): boolean {
    if (level !== 'patient') return true
    if (launched === undefined) return false
    if (row.uploader !== undefined) return row.uploader === role
    return row.of.includes(launched) || (row.of.includes('everywhere') && 'rs'.includes(letter))
  }

  /** Bytes follow their document, where the token says anything about reading documents. */
  function lettingDocument(row: Row): boolean {
    const document = rows.find(({ name }) => name === row.document)
    const pairs = (['r', 's'] as const).flatMap((letter) =>
      about('DocumentReference', letter).map((scope) => [scope, letter] as const),
    )
    if (pairs.length === 0 || pairs.some(([scope]) => scope.level !== 'patient' && scope.conditions.length === 0))
      return true
    if (!document) return row.uploader === role
    return pairs.some(([scope, letter]) => lets(scope, document, letter))
  }

  return {
    /** Whether any scope covers the interaction with the type at all; else the answer is 403. */
    covers: (type: string, letter: Letter) => about(type, letter).length > 0,
    may: (row: Row, letter: Letter) =>
      may(row).includes(letter) && about(row.type, letter).some((scope) => lets(scope, row, letter)),
    /** Whether what is described may be written anew. */
    mayCreate: (row: Pick<Row, 'type' | 'of' | 'meets' | 'uploader'>) =>
      about(row.type, 'c').some((scope) => lets(scope, { ...nothing, ...row, name: '' }, 'c')),
    /** Whether what is written may refer to it: to what the scopes show of its type, or to what the role reads if they are silent. */
    leadsTo: (row: Row) => {
      if (!may(row).includes('r')) return false
      const shown = (['r', 's'] as const).flatMap((letter) =>
        about(row.type, letter).map((scope) => lets(scope, row, letter)),
      )
      if (shown.length > 0) return shown.includes(true)
      return held.some((scope) => scope.level !== 'patient' || inPlace(scope, row, 'r'))
    },
    /** Whether some scope speaks of a person's whole reach, and of all of the type, or of every type. */
    everywhere: (type: string, letter: Letter) =>
      held.some(
        (scope) =>
          scope.level === 'user' &&
          (scope.type === type || scope.type === '*') &&
          scope.letters.includes(letter) &&
          scope.conditions.length === 0,
      ),
    /** "Update-as-create": administrators and backend services alone, and with a scope that has no condition. */
    choosesIds: (type: string) =>
      (role === 'office' || role === 'system') && about(type, 'c').some(({ conditions }) => conditions.length === 0),
    found: (type: string) =>
      rows.filter(
        (row) => row.type === type && may(row).includes('s') && about(type, 's').some((scope) => lets(scope, row, 's')),
      ),
  }
}

const nothing: Row = {
  ...{ name: '', type: '', resource: undefined, of: [], meets: [] },
  may: { office: '', system: '', doctor: '', patient: '', proxy: '' },
}
