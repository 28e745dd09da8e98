/**
 * The connected apps on the account page: what each may do, since when and until when, and the button that ends it.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/best-practices.html and https://www.w3.org/WAI/tutorials/page-structure/
 */
import type { ConnectedApp } from '../accounts/connected-apps.ts'
import { hidden } from './controls.ts'
import { day } from './factor-section.ts'
import { type Html, html } from './html.ts'
import { scopeWords } from './scope-words.ts'

export function appsSection(apps: readonly ConnectedApp[]): Html {
  return html`<section>
    <h2>Connected apps</h2>
    ${
      apps.length === 0
        ? html`<p>No app has access in your name.</p>`
        : html`<ul class="cards">
              ${apps.map(card)}
            </ul>
            <p class="hint">
              An app that you disconnect loses its access at once. To use it again, you allow it again.
            </p>`
    }
  </section>`
}

function card({ clientId, name, scopes, since, lastUsed, ends, endsWithSession }: ConnectedApp): Html {
  const words = [...new Set(scopes.map(scopeWords))]
  return html`<li>
    <h3>${name}</h3>
    <p>
      connected since ${day(since)}, last active ${day(lastUsed)}<br />ends
      ${endsWithSession && 'when you sign out, '}on ${day(ends)} at the latest
    </p>
    <p>It may:</p>
    <ul>
      ${words.map((one) => html`<li>${one}</li>`)}
    </ul>
    <form method="post" action="/account/apps/disconnect">
      ${hidden('app', clientId)}<button class="second">Disconnect<span class="unseen"> ${name}</span></button>
    </form>
  </li>`
}
