import assert from 'node:assert/strict'
import type { Handle, Store } from '../../src/store/store.ts'

export type Breaking = Pick<Store, 'query' | 'transaction' | 'resources' | 'grants'>

/** The store as it is, except that its nth statement fails. `sent` counts them. */
export function breaking(store: Store, at: number): { store: Breaking; sent: () => number } {
  let sent = 0
  const counted =
    <Asked extends unknown[], Answer>(send: (...asked: Asked) => Promise<Answer>) =>
    (...asked: Asked): Promise<Answer> => {
      sent += 1
      return sent === at ? Promise.reject(new Error('The database is gone.')) : send(...asked)
    }
  const broken = <H extends Pick<Handle, 'query' | 'resources' | 'grants'>>(handle: H): H => ({
    ...handle,
    query: counted(handle.query as (...asked: unknown[]) => Promise<unknown[]>),
    resources: { ...handle.resources, put: counted(handle.resources.put) },
    grants: { ...handle.grants, replace: counted(handle.grants.replace) },
  })
  const transaction: Store['transaction'] = (work) => store.transaction((tx) => work(broken(tx)))
  return { store: { ...broken(store), transaction }, sent: () => sent }
}

/** Every row of these tables, in any order, and how many events the trail has. */
async function everythingIn(store: Store, tables: readonly string[]): Promise<string> {
  const texts = tables.map((name) => `(select coalesce(json_agg(t order by t::text), '[]')::text from ${name} t)`)
  const [row] = await store.query<{ told: string }>(
    `select concat((select count(*) from audit), ${texts.join(', ')}) as told`,
  )
  return row!.told
}

/**
 * Does it again and again, each time with a failure at the next statement: what the tables hold stays the same, until no
 * statement is left to fail and it is done.
 */
export async function breaksCleanly(
  store: Store,
  tables: readonly string[],
  does: (store: Breaking) => Promise<unknown>,
): Promise<void> {
  const before = await everythingIn(store, tables)
  for (let at = 1; ; at++) {
    const broken = breaking(store, at)
    const outcome = await does(broken.store).then(
      () => 'done',
      () => 'failed',
    )
    if (broken.sent() < at) {
      assert.equal(outcome, 'done')
      break
    }
    assert.equal(outcome, 'failed', `statement ${at}`)
    assert.equal(await everythingIn(store, tables), before, `statement ${at}`)
  }
  assert.notEqual(await everythingIn(store, tables), before)
}
