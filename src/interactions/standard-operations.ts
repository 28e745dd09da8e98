import type { Operation } from './operation.ts'
import { meta } from './operations/meta.ts'

/** The table of the operations that the standard defines; `sharing/` adds the product's own. */
export function standardOperations(): readonly Operation[] {
  return [meta]
}
