/**
 * Sessions that began without a question: another provider knew the person already. They open apps, but are no sign-in "just
 * now", whenever that was: what asks for one, such as `max_age` or a change of factors, leads to a sign-in that asks.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest (max_age, auth_time)
 */
import type { Interaction, KoaContextWithOIDC } from 'oidc-provider'

/** Kept with the session as its authentication context class; no token shows it. */
const silentSignOn = 'single-sign-on'

export function acrOf(silent: boolean): string | undefined {
  return silent ? silentSignOn : undefined
}

export function isSilent({ acr }: { acr?: string | undefined }): boolean {
  return acr === silentSignOn
}

/** The app of an interaction wants the person to be asked now, or to be told when that was. */
export function demandsFresh({ params }: Pick<Interaction, 'params'>): boolean {
  const prompts = typeof params.prompt === 'string' ? params.prompt.split(' ') : []
  return params.max_age !== undefined || prompts.includes('login')
}

/** A session whose time of authentication nobody knows does not answer a request that asks for it. */
export function lacksFresh({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session !== undefined && isSilent(oidc.session) && oidc.params?.max_age !== undefined
}
