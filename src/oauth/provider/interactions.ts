/**
 * The pages between the authorization request and its answer. A page belongs to the browser that the request came from: a
 * signed cookie per interaction says so, so that nobody can have another sign in for him.
 *
 * https://www.rfc-editor.org/rfc/rfc9700#section-4.7 (CSRF)
 */
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Interaction, InteractionResults, KoaContextWithOIDC } from 'oidc-provider'

const parameter = 'interaction'

export type Interactions = ReturnType<typeof createInteractions>

export function createInteractions({ provider }: { provider: Provider }) {
  const cookieOf = (uid: string) => `page-${uid}`

  return {
    parameter,

    async find(ctx: Context, uid: string): Promise<Interaction | undefined> {
      if (!/^[\w-]{10,64}$/.test(uid) || ctx.cookies.get(cookieOf(uid), { signed: true }) !== uid) return undefined
      return provider.Interaction.find(uid)
    },

    /** The account that this browser is signed in with, if it is the one the interaction is for. */
    async accountOf(
      ctx: Context,
      interaction: Interaction,
    ): Promise<{ accountId: string; sessionUid: string; signedInAt: number } | undefined> {
      const session = await provider.Session.get(ctx)
      if (!session.accountId || session.uid !== interaction.session?.uid) return undefined
      return session.accountId === interaction.session.accountId
        ? { accountId: session.accountId, sessionUid: session.uid, signedInAt: session.loginTs ?? 0 }
        : undefined
    },

    /** Keeps what the person decided and leads on. */
    async finish(ctx: Context, interaction: Interaction, result: InteractionResults): Promise<void> {
      interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result }
      await interaction.persist()
      ctx.cookies.set(cookieOf(interaction.uid), null, { path: pathOf(interaction) })
      ctx.redirect(interaction.returnTo)
      ctx.status = 303
    },
  }
}

export function createInteractionUrl({ publicUrl }: { publicUrl: string }) {
  return function interactionUrl(ctx: KoaContextWithOIDC, interaction: Interaction): string {
    const path = pathOf(interaction)
    const maxAge = (interaction.exp - Math.floor(Date.now() / 1000)) * 1000
    ctx.cookies.set(`page-${interaction.uid}`, interaction.uid, {
      path,
      httpOnly: true,
      sameSite: 'lax',
      signed: true,
      maxAge,
    })
    return `${publicUrl}${path}?${parameter}=${interaction.uid}`
  }
}

/** Its page, and where the pages below it are. */
function pathOf({ prompt }: Interaction): string {
  return prompt.name === 'login' ? '/login' : '/consent'
}
