/**
 * The form of `/consent`: works with a keyboard, on a phone, and without a script.
 *
 * https://www.w3.org/WAI/tutorials/forms/grouping/
 */
import type { Context } from 'koa'
import type { SmartClient } from '../provider/clients.ts'
import { alert, hidden, input } from './controls.ts'
import { scopeGroups } from './consent-scopes.ts'
import { type Html, html } from './html.ts'
import { showPage } from './page.ts'

export interface Choices {
  readonly uid: string
  readonly client: SmartClient
  readonly email: string
  readonly asked: readonly string[]
  /** The text that patients were searched by. */
  readonly find: string
  /** Undefined: no patient is to be chosen. */
  readonly patients: readonly { id: string; name: string; birthDate?: string }[] | undefined
  readonly leadsTo: string
}

interface Consent extends Choices {
  readonly ticked: readonly string[]
  readonly only: readonly string[]
  readonly chosen?: string
  readonly problem?: string | undefined
}

export function showConsent(ctx: Context, consent: Consent): void {
  const { uid, client, email, problem, leadsTo } = consent
  const name = client.clientName ?? client.clientId
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: `Allow ${name}?`,
    leadsTo,
    body: html`${alert(problem)}
      <p>You are signed in as <strong>${email}</strong>. ${name} asks to:</p>
      <form method="post" action="/consent">
        ${hidden('interaction', uid)}
        <p>Untick what you do not want.</p>
        ${scopeGroups(consent)} ${picker(consent)}
        <p>
          <button name="allow" value="yes">Allow</button>
          <button name="deny" value="yes" class="second" formnovalidate>Refuse</button>
        </p>
      </form>`,
  })
}

function picker({ patients, find, chosen }: Consent): Html | undefined {
  if (!patients) return undefined
  const only = patients.length === 1 ? patients[0]!.id : chosen
  return html`<fieldset>
    <legend>For which patient?</legend>
    ${input({ name: 'find', label: 'Search by name', type: 'search', value: find, required: false })}
    <p><button name="search" value="yes" class="second" formnovalidate>Search</button></p>
    ${patients.length === 0 && html`<p>Nobody found.</p>`}
    ${patients.map(
      ({ id, name, birthDate }) =>
        html`<label class="choice">
          <input type="radio" name="patient" value="${id}" ${id === only && html`checked`} />
          <span>${name}${birthDate && `, born ${birthDate}`}</span>
        </label>`,
    )}
  </fieldset>`
}
