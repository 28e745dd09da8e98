/**
 * Who is signed in with this browser, for the pages on which people look after their own account. What changes how they sign
 * in asks for a sign-in of the last quarter of an hour.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#require-re-authentication-for-sensitive-features
 */
import type { Context, Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { Account, AccountRows, Database } from '../accounts/account.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import type { Sessions } from '../accounts/sessions.ts'
import { isSilent } from '../provider/single-sign-on.ts'
import type { FormState } from './form.ts'

export interface Owner {
  readonly account: Account
  readonly sessionUid: string
  /** The person just showed a second factor that was added in this session. */
  proved(amr: readonly string[]): Promise<void>
}

export interface OwnerState extends FormState {
  owner: Owner
}

interface Parts {
  provider: Provider
  database: Database
  accounts: AccountRows
  secondFactor: SecondFactor
  sessions: Pick<Sessions, 'note'>
  publicUrl: string
}

const recentSeconds = 15 * 60

export type SignedIn = ReturnType<typeof createSignedIn>

export function createSignedIn({ provider, database, accounts, secondFactor, sessions, publicUrl }: Parts) {
  async function ownerOf(ctx: Context, recently: boolean): Promise<Owner | undefined> {
    const session = await provider.Session.get(ctx)
    if (!session.accountId || (recently && (session.past(recentSeconds) || isSilent(session)))) return undefined
    const account = await accounts.byId(database, session.accountId)
    if (!account?.mayAct) return undefined
    // A session from before there was a second factor, or before one was demanded, is none for this.
    const proven = (session.amr ?? []).includes('mfa') || (await secondFactor.after(account)) === 'nothing'
    if (!proven) return undefined
    await sessions.note(session.uid, account.id, { ip: ctx.ip, agent: ctx.get('user-agent') })
    return {
      ...{ account, sessionUid: session.uid },
      async proved(amr) {
        session.amr = [...new Set([...(session.amr ?? []), ...amr])]
        await session.persist()
      },
    }
  }

  /** Leads all others to the login page, and from there back. */
  function only(recently: boolean): Middleware<OwnerState> {
    return async function signedIn(ctx, next) {
      const owner = await ownerOf(ctx, recently)
      if (owner) {
        ctx.state.owner = owner
        return next()
      }
      ctx.redirect(`${publicUrl}/login?to=account`)
      ctx.status = 303
      return undefined
    }
  }

  return { atAll: only(false), recently: only(true) }
}
