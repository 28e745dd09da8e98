import type { Context } from 'koa'
import type { Return } from '../interactions/interaction.ts'

/** `Prefer: return=…`: https://hl7.org/fhir/R4/http.html#ops */
export function preferredReturn(ctx: Context): Return | undefined {
  return preference(ctx, 'return', ['minimal', 'representation', 'OperationOutcome'])
}

/** `Prefer: handling=lenient`: https://hl7.org/fhir/R4/search.html#errors */
export function prefersLenient(ctx: Context): boolean {
  return preference(ctx, 'handling', ['strict', 'lenient']) === 'lenient'
}

/** "If any preference is specified more than once, only the first instance is to be considered": RFC 7240 §2 */
function preference<T extends string>(ctx: Context, name: string, values: readonly T[]): T | undefined {
  const first = new RegExp(`(?:^|[,;\\s])${name}\\s*=\\s*"?([A-Za-z]+)`, 'i').exec(ctx.get('prefer'))?.[1]
  return values.find((value) => value.toLowerCase() === first?.toLowerCase())
}
