/**
 * What an app asks for, in groups and in plain words: a box for each scope, and below it what it may be narrowed to.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html and https://www.w3.org/WAI/tutorials/forms/grouping/
 */
import { type Narrower, narrowerThan } from '../../access/kinds.ts'
import { covers, parseScope } from '../../access/scopes.ts'
import { lifetime } from '../provider/grants.ts'
import { type Html, html } from './html.ts'
import { scopeWords } from './scope-words.ts'

interface Asked {
  readonly asked: readonly string[]
  /** The boxes that are ticked. */
  readonly ticked: readonly string[]
  /** Narrower scopes that are ticked. */
  readonly only: readonly string[]
}

const groups: readonly { title: string; holds: (scope: string) => boolean }[] = [
  { title: 'About you', holds: (scope) => ['openid', 'fhirUser', 'profile'].includes(scope) },
  { title: 'What you are looking at', holds: (scope) => scope === 'launch' || scope.startsWith('launch/') },
  { title: 'Records of the one patient', holds: (scope) => parseScope(scope)?.level === 'patient' },
  { title: 'All records that you may use yourself', holds: (scope) => parseScope(scope)?.level === 'user' },
  { title: 'For how long', holds: (scope) => scope.endsWith('_access') },
]

export function scopeGroups(form: Asked): Html[] {
  return groups.flatMap(({ title, holds }) => {
    const scopes = form.asked.filter(holds)
    const lasting = title === 'For how long'
    if (scopes.length === 0 && !lasting) return []
    return html`<fieldset>
      <legend>${title}</legend>
      ${scopes.map((scope, n) => box(scope, form, `${groups.findIndex((group) => group.title === title)}-${n}`))}
      ${lasting && html`<p>${duration(scopes)}</p>`}
    </fieldset>`
  })
}

function box(scope: string, { ticked, only }: Asked, id: string): Html {
  const parsed = parseScope(scope)
  return html`<label class="choice">
      <input type="checkbox" name="scope" value="${scope}" ${ticked.includes(scope) && html`checked`} />
      <span>${scopeWords(scope)}<br /><code>${scope}</code></span>
    </label>
    ${parsed && narrowing(narrowerThan(parsed), scopeWords(scope), only, `only-${id}`)}`
}

/** Closed until asked for, and open when something in it is ticked. */
function narrowing(choices: readonly Narrower[], words: string, only: readonly string[], id: string): Html | undefined {
  if (choices.length === 0) return undefined
  return html`<details class="narrow" ${choices.some(({ scope }) => only.includes(scope)) && html`open`}>
    <summary>Allow only some of these</summary>
    <fieldset aria-describedby="${id}">
      <legend class="unseen">${words}: only some</legend>
      <p class="hint" id="${id}">With any of these ticked, the app gets those alone.</p>
      ${choices.map(
        ({ scope, words: kind }) =>
          html`<label class="choice">
            <input type="checkbox" name="only" value="${scope}" ${only.includes(scope) && html`checked`} />
            <span>Only ${kind}</span>
          </label>`,
      )}
    </fieldset>
  </details>`
}

const hours = (seconds: number) => (seconds === 3600 ? 'an hour' : `${seconds / 3600} hours`)
const days = (seconds: number) => `${Math.round(seconds / 86_400)} days`

function duration(scopes: readonly string[]): string {
  const short = `Access ends after ${hours(lifetime.accessToken)}.`
  const signedIn = `while you are signed in, ${hours(lifetime.session)} at most`
  const lasting = `until you remove the app, ${days(lifetime.grant)} at most, or until it was not used for ${days(lifetime.refreshToken)}`
  if (scopes.includes('offline_access')) return `With the box ticked, access lasts ${lasting}. Otherwise: ${short}`
  return scopes.length > 0 ? `With the box ticked, access lasts ${signedIn}. Otherwise: ${short}` : short
}

/**
 * What the person keeps: what was asked for and ticked, or in its place what it was narrowed to. Narrower scopes may stand
 * for themselves; nothing wider than what was asked for is ever kept.
 */
export function keptScopes(asked: readonly string[], ticked: readonly string[], only: readonly string[]): string[] {
  const wide = asked.flatMap((scope) => parseScope(scope) ?? [])
  const within = (text: string) => {
    const scope = parseScope(text)
    return scope !== undefined && covers(wide, scope)
  }
  const kept = ticked.filter((text) => asked.includes(text) || within(text))
  return [
    ...new Set(
      kept.flatMap((text) => {
        const scope = parseScope(text)
        const narrower = scope && narrowerThan(scope).filter((one) => only.includes(one.scope))
        return narrower && narrower.length > 0 ? narrower.map((one) => one.scope) : [text]
      }),
    ),
  ]
}
