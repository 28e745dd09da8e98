/**
 * oidc-provider keeps its request in an AsyncLocalStorage. Before Node 24 its first use makes every promise of the process
 * dearer from then on, also those that have nothing to do with it: a fifteenth of what a search costs.
 *
 * https://nodejs.org/docs/latest-v20.x/api/async_context.html#asynclocalstoragedisable
 */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Middleware } from 'koa'
// @ts-expect-error -- the library has no types for it, and no other way to it
import als from 'oidc-provider/lib/helpers/als.js'

export const storage = als as AsyncLocalStorage<unknown>

/** Switches the storage off again while no request is with the provider. */
export function createOwnContext(): Middleware {
  let under = 0
  return async function ownContext(_ctx, next) {
    under += 1
    try {
      await next()
    } finally {
      under -= 1
      if (under === 0) storage.disable()
    }
  }
}
