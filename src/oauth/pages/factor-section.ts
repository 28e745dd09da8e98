/**
 * The second step on the account page: what there is, and what can be done with it.
 *
 * https://www.w3.org/WAI/tutorials/forms/labels/#hiding-label-text
 */
import type { Factor } from '../accounts/factor-rows.ts'
import { hidden } from './controls.ts'
import { type Html, html } from './html.ts'

export function factorSection(given: { factors: readonly Factor[]; recoveryCodesLeft: number }): Html {
  const { factors, recoveryCodesLeft } = given
  return html`<section>
    <h2>Second step for signing in</h2>
    ${factors.length === 0 ? html`<p>There is none: whoever learns your password can sign in as you.</p>` : list(factors)}
    <p><a class="button" href="/account/factor">${factors.length === 0 ? 'Add a second step' : 'Add another'}</a></p>
    ${factors.length > 0 && recovery(recoveryCodesLeft)}
  </section>`
}

function list(factors: readonly Factor[]): Html {
  return html`<ul class="cards">
    ${factors.map(
      (factor) =>
        html`<li>
          <p>
            <strong>${factor.name}</strong><br />${kindOf(factor)}added ${day(factor.created)},
            ${factor.lastUsed ? html`last used ${day(factor.lastUsed)}` : 'not used yet'}
          </p>
          ${change(factor)}
        </li>`,
    )}
  </ul>`
}

/** What it is, unless it is called so. */
function kindOf({ name, passkey }: Factor): string {
  const kind = passkey ? 'Passkey' : 'Authenticator app'
  return name === kind ? '' : `${kind}, `
}

function change({ id, name }: Factor): Html {
  return html`<details>
    <summary>Change<span class="unseen"> ${name}</span></summary>
    <form method="post" action="/account/factor/rename">
      ${hidden('id', id)}
      <div class="field">
        <label for="name-${id}">Name</label>
        <input id="name-${id}" name="name" value="${name}" autocomplete="off" maxlength="60" required />
      </div>
      <button class="second">Rename</button>
    </form>
    <form method="post" action="/account/factor/remove">
      ${hidden('id', id)}
      <button class="second bad">Remove<span class="unseen"> ${name}</span></button>
    </form>
  </details>`
}

function recovery(left: number): Html {
  return html`<h3>Recovery codes</h3>
    <p>
      ${left === 0 ? 'None is left' : left === 1 ? 'One is left' : `${left} are left`}, for the day on which your phone
      or key is lost.
    </p>
    <form method="post" action="/account/recovery-codes">
      <button class="second">Make ten new ones</button>
      <p class="hint">The earlier ones stop working.</p>
    </form>`
}

/** The same for everybody, wherever they are: the day in UTC. */
export function day(date: Date): Html {
  const iso = date.toISOString()
  const words = date.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
  return html`<time datetime="${iso}">${words}</time>`
}
