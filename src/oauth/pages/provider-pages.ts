/**
 * The pages that oidc-provider asks us to show.
 *
 * https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
import type { Context } from 'koa'
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import type { SmartClient } from '../provider/clients.ts'
import { html, trusted } from './html.ts'
import { showPage } from './page.ts'

export type ProviderPages = ReturnType<typeof createProviderPages>

export function createProviderPages({ publicUrl }: { publicUrl: string }) {
  return {
    /** An error that is not sent back to the app, because it may not be the app's. */
    renderError(ctx: KoaContextWithOIDC, out: ErrorOut): void {
      showPage(ctx, {
        status: ctx.status,
        title: 'This did not work',
        body: html`<p>${sentence(out)}</p>
          <p>Please go back to your app and start again.</p>
          <p><code>${out.error}</code></p>`,
      })
    },

    logout(ctx: KoaContextWithOIDC, form: string): void {
      const after = ctx.oidc.params?.post_logout_redirect_uri
      showPage(ctx, {
        title: 'Sign out?',
        leadsTo: typeof after === 'string' ? after : undefined,
        body: html`${trusted(form)}
          <p>Apps that you allowed to stay connected keep their access until you remove them.</p>
          <p>
            <button form="op.logoutForm" name="logout" value="yes">Sign out</button>
            <button form="op.logoutForm" class="second">Stay signed in</button>
          </p>`,
      })
    },

    loggedOut(ctx: KoaContextWithOIDC): void {
      showPage(ctx, {
        title: 'You are signed out',
        body: html`<p><a href="${publicUrl}/">Sign in again</a></p>`,
      })
    },

    /** `action` and `inputs` are HTML that the library made, escaped. */
    sendOn(ctx: Context, { action, inputs }: { action: string; inputs: string }): void {
      showPage(ctx, {
        status: ctx.status,
        title: 'One more step',
        leadsTo: action.replaceAll('&amp;', '&'),
        body: html`<form method="post" action="${trusted(action)}">
          ${trusted(inputs)}
          <button>Continue</button>
        </form>`,
      })
    },

    waiting(ctx: Context, client: SmartClient): void {
      showPage(ctx, {
        status: 403,
        title: 'This app is not approved yet',
        body: html`<p>
          <strong>${client.clientName ?? client.clientId}</strong> was registered here, and waits for the approval of an
          administrator.
        </p>`,
      })
    },
  }
}

function sentence({ error, error_description: description }: ErrorOut): string {
  if (error === 'server_error') return 'Something went wrong on our side.'
  const text = description ?? error.replaceAll('_', ' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
