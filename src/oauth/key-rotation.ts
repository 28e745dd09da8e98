/**
 * Other signing keys, from time to time or after a leak: by a command, while any number of server processes run. They read the keys
 * anew by themselves (see provider/current-keys.ts).
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
 */
import type { Store } from '../store/store.ts'
import { createAuditTrail } from './audit-trail.ts'
import {
  changeSigningKeys,
  derivedSecret,
  instant,
  type SigningKey,
  withNewKeys,
  withoutEnded,
} from './signing-keys.ts'

interface Parts {
  store: Pick<Store, 'query' | 'audit'>
  masterKey: Buffer
  now?: () => number
}

export function createKeyRotation({ store, masterKey, now = Date.now }: Parts) {
  const secret = derivedSecret(masterKey, 'signing keys')
  const audit = createAuditTrail(store)
  const seconds = () => Math.floor(now() / 1000)

  return {
    /** Undefined: no server has started here yet, so that there are no keys. */
    async rotate({ leaked }: { leaked: boolean }): Promise<readonly SigningKey[] | undefined> {
      const at = seconds()
      const changed = await changeSigningKeys(store, secret, (keys) => withNewKeys(withoutEnded(keys, at), at, leaked))
      if (!changed) return undefined
      const { before, after } = changed
      const added = lacking(after, before)
      await audit(undefined, {
        ...{ interaction: 'keys-rotate', outcome: 'success', status: 200 },
        detail: { added: kids(added), removed: kids(lacking(before, after)), signsFrom: instant(added[0]!.signsFrom) },
      })
      return after
    },

    /** Housekeeping. */
    async removeEnded(): Promise<void> {
      const changed = await changeSigningKeys(store, secret, (keys) => withoutEnded(keys, seconds()))
      if (!changed) return
      const { before, after } = changed
      await audit(undefined, {
        ...{ interaction: 'keys-remove', outcome: 'success', status: 200 },
        detail: { removed: kids(lacking(before, after)) },
      })
    },
  }
}

function kids(keys: readonly SigningKey[]): string {
  return keys.map(({ key }) => key.kid).join(' ')
}

/** Those of the first that the second does not have. */
function lacking(keys: readonly SigningKey[], others: readonly SigningKey[]): readonly SigningKey[] {
  return keys.filter(({ key }) => !others.some((one) => one.key.kid === key.kid))
}
