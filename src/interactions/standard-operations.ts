import type { Access } from '../access/access.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'
import type { Operation } from './operation.ts'
import { changeMeta } from './operations/change-meta.ts'
import { docref } from './operations/docref.ts'
import { everything } from './operations/everything.ts'
import { meta } from './operations/meta.ts'
import { terminologyOperations } from './operations/terminology/terminology-operations.ts'
import { validateOperation } from './operations/validate.ts'

export interface OperationParts {
  definitions: Definitions
  access: Access
  search: Search
  keys: Keys
}

/** The table of the operations that the standard defines; `sharing/` adds the product's own. */
export function standardOperations(parts: OperationParts): readonly Operation[] {
  return [
    ...meta(parts),
    ...changeMeta(parts),
    validateOperation(parts),
    ...everything(parts),
    ...docref(parts),
    ...terminologyOperations(parts),
  ]
}
