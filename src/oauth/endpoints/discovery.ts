/**
 * What anybody may read: SMART's and OAuth's discovery documents, the style sheets, and the one script of our pages.
 *
 * https://www.rfc-editor.org/rfc/rfc8414#section-3.1 (an issuer with a path)
 */
import type Router from '@koa/router'
import { stylesheetPath } from '../pages/page.ts'
import { passkeyScript, passkeyScriptPath } from '../pages/passkey-script.ts'
import { stylesheet } from '../pages/stylesheet.ts'
import { smartConfigurationOf, smartStyle } from './smart-configuration.ts'

export function discoveryEndpoints(router: Router, { publicUrl }: { publicUrl: string }): void {
  const issuer = `${publicUrl}/auth`
  const open = (path: string, body: object) =>
    router.get(path, (ctx) => {
      ctx.set('Access-Control-Allow-Origin', '*')
      ctx.set('Cache-Control', 'public, max-age=300')
      ctx.type = 'application/json'
      ctx.body = JSON.stringify(body)
    })

  open('/fhir/.well-known/smart-configuration', smartConfigurationOf(publicUrl))
  open('/auth/smart-style.json', smartStyle)

  for (const document of ['oauth-authorization-server', 'openid-configuration']) {
    router.get(`/.well-known/${document}/auth`, (ctx) => {
      ctx.set('Access-Control-Allow-Origin', '*')
      ctx.redirect(`${issuer}/.well-known/${document}`)
      ctx.status = 307
    })
  }

  const file = (path: string, type: string, text: string) =>
    router.get(path, (ctx) => {
      ctx.type = type
      ctx.set('Cache-Control', 'public, max-age=3600')
      ctx.set('X-Content-Type-Options', 'nosniff')
      ctx.body = text
    })

  file(stylesheetPath, 'text/css; charset=utf-8', stylesheet)
  file(passkeyScriptPath, 'text/javascript; charset=utf-8', passkeyScript)
}
