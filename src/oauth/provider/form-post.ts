/**
 * oidc-provider answers some requests with a form that an inline script sends on. Our pages run no script: the person does.
 *
 * https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html
 */
import type { Middleware } from 'koa'
import type { ProviderPages } from '../pages/provider-pages.ts'

const form = /<form method="post" action="([^"]*)">\s*((?:<input type="hidden" name="[^"]*" value="[^"]*"\/>\s*)*)/

export function createFormPost({ pages }: { pages: ProviderPages }): Middleware {
  return async function formPost(ctx, next) {
    await next()
    if (typeof ctx.body !== 'string' || !ctx.body.includes('<script>')) return
    const [, action, inputs] = form.exec(ctx.body) ?? []
    if (action === undefined || inputs === undefined)
      throw new Error('a page of the library with a script is not known')
    pages.sendOn(ctx, { action, inputs })
  }
}
