/**
 * What anybody may read: SMART's and OAuth's discovery documents, and the style sheets.
 *
 * https://www.rfc-editor.org/rfc/rfc8414#section-3.1 (an issuer with a path)
 */
import type Router from '@koa/router'
import { stylesheetPath } from '../pages/page.ts'
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

  router.get(stylesheetPath, (ctx) => {
    ctx.type = 'text/css; charset=utf-8'
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.body = stylesheet
  })
}
