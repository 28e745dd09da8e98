import type { Context } from 'koa'
import type { Return } from '../interactions/interaction.ts'

/** `Prefer: return=…`: https://hl7.org/fhir/R4/http.html#ops */
export function preferredReturn(ctx: Context): Return | undefined {
  return preference(ctx, returning, ['minimal', 'representation', 'OperationOutcome'])
}

/** `Prefer: handling=lenient`: https://hl7.org/fhir/R4/search.html#errors */
export function prefersLenient(ctx: Context): boolean {
  return preference(ctx, handling, ['strict', 'lenient']) === 'lenient'
}

const returning = /(?:^|[,;\s])return\s*=\s*"?([A-Za-z]+)/i
const handling = /(?:^|[,;\s])handling\s*=\s*"?([A-Za-z]+)/i

/** "If any preference is specified more than once, only the first instance is to be considered": RFC 7240 §2 */
function preference<T extends string>(ctx: Context, name: RegExp, values: readonly T[]): T | undefined {
  const header = ctx.get('prefer')
  if (header === '') return undefined
  const first = name.exec(header)?.[1]
  return values.find((value) => value.toLowerCase() === first?.toLowerCase())
}
