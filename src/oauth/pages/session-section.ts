/**
 * Where the person is signed in, on the account page.
 *
 * https://www.w3.org/WAI/tutorials/page-structure/
 */
import type { OwnSession } from '../accounts/sessions.ts'
import { hidden } from './controls.ts'
import { type Html, html } from './html.ts'

export function sessionSection(sessions: readonly OwnSession[], here: string): Html {
  const others = sessions.filter(({ id }) => id !== here)
  return html`<section>
    <h2>Where you are signed in</h2>
    <ul class="cards">
      ${sessions.map((session) => card(session, session.id === here))}
    </ul>
    ${
      others.length > 1 &&
      html`<form method="post" action="/account/sessions/end-others">
        <button class="second">Sign out everywhere else</button>
      </form>`
    }
    ${
      others.length > 0 &&
      html`<p class="hint">
        Apps that you opened there lose their access at once; those that you allowed to stay connected keep it.
      </p>`
    }
  </section>`
}

function card({ id, began, lastUsed, ip, agent }: OwnSession, here: boolean): Html {
  const device = deviceOf(agent)
  return html`<li>
    <p>
      <strong>${device}</strong>${here && ' – this browser'}<br />since
      ${minute(began)}${lastUsed && html`, last used ${minute(lastUsed)}`}${ip && `, from ${ip}`}
    </p>
    ${
      here
        ? html`<p><a href="/auth/session/end">Sign out here</a></p>`
        : html`<form method="post" action="/account/sessions/end">
            ${hidden('id', id)}<button class="second">
              Sign out<span class="unseen"> ${device}, since ${minute(began)}</span>
            </button>
          </form>`
    }
  </li>`
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg(?:A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const systems: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'an iPhone'],
  [/iPad/, 'an iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'a Mac'],
  [/Linux|CrOS/, 'Linux'],
]

/** What a browser says of itself, in words that people know it by. */
export function deviceOf(agent = ''): string {
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1]
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1]
  if (!browser) return system ? `A browser on ${system}` : 'A browser or program'
  return system ? `${browser} on ${system}` : browser
}

/** The server does not know where the reader is, so it says which clock it reads. */
function minute(date: Date): Html {
  const words = date.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
  return html`<time datetime="${date.toISOString()}">${words} UTC</time>`
}
