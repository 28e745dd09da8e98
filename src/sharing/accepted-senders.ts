import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { periodRange } from '../fhir/date-time.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import type { Handle } from '../store/store.ts'

export const acceptances = ['anyone', 'organization', 'nobody'] as const
export type Accepts = (typeof acceptances)[number]

export const mostBlocked = 1_000

interface Settings {
  readonly accepts: Accepts
  /** `Practitioner/1`, `Patient/2` */
  readonly blocked: readonly string[]
}

/** From whom a practitioner takes messages: the tables `message_settings` and `message_block`. */
export function settingsOf({ query }: Pick<Handle, 'query'>, practitioner: string) {
  return {
    async read(): Promise<Settings> {
      const [row] = await query<Settings>(
        `select coalesce((select accepts from message_settings where practitioner = $1), 'anyone') as accepts,
           array(select sender from message_block where practitioner = $1 order by since, sender) as blocked`,
        [practitioner],
      )
      return row!
    },
    async change(to: { accepts: Accepts | undefined; block: readonly string[]; unblock: readonly string[] }) {
      if (to.accepts !== undefined) {
        await query(
          `insert into message_settings values ($1, $2) on conflict (practitioner) do update set accepts = excluded.accepts`,
          [practitioner, to.accepts],
        )
      }
      if (to.block.length > 0) {
        await query(
          `insert into message_block (practitioner, sender) select $1, unnest($2::text[]) on conflict do nothing`,
          [practitioner, to.block],
        )
      }
      if (to.unblock.length > 0) {
        await query('delete from message_block where practitioner = $1 and sender = any ($2)', [
          practitioner,
          to.unblock,
        ])
      }
    },
  }
}

/**
 * Refuses what a practitioner does not take, in the same words for whom he blocked and whom he never takes anything from.
 * Patients write to their care team alone, so that they are kept out by name only; an answer to his own message is always taken.
 */
export async function refuseUnwanted(
  practitioner: string,
  message: Resource,
  { context, work, base, path }: { context: Context; work: Work; base: string; path: string },
): Promise<void> {
  const { person } = context.principal
  if (!person) return
  const sender = `${person.type}/${person.id}`
  const [row] = await work.tx.query<{ accepts: Accepts; blocked: boolean }>(
    `select coalesce((select accepts from message_settings where practitioner = $1), 'anyone') as accepts,
       exists (select from message_block where practitioner = $1 and sender = $2) as blocked`,
    [practitioner, sender],
    'message-settings',
  )
  if (!row!.blocked) {
    if (row!.accepts === 'anyone' || person.type !== 'Practitioner' || person.id === practitioner) return
    if (row!.accepts === 'organization' && (await workTogether([practitioner, person.id], work, base))) return
    if (await answers(message, practitioner, work, base)) return
  }
  throw new FhirError('forbidden', 'This practitioner takes no messages from you.', { expression: path })
}

/** Both hold a role in one organization at this moment. */
async function workTogether([one, other]: readonly [string, string], work: Work, base: string): Promise<boolean> {
  const [theirs, mine] = [await placesOf(one, work, base), await placesOf(other, work, base)]
  return theirs.some((place) => mine.includes(place))
}

async function placesOf(practitioner: string, work: Work, base: string): Promise<string[]> {
  const query = new URLSearchParams({ practitioner: `Practitioner/${practitioner}`, active: 'true' })
  const roles = await work.find('PractitionerRole', query.toString())
  return roles.flatMap((role) => {
    const { start, end } = (role['period'] ?? {}) as { start?: string; end?: string }
    const range = periodRange(start, end)
    const now = work.now.getTime()
    if (range && (now < range[0] || now >= range[1])) return []
    const target = localReference((role['organization'] as Reference | undefined)?.reference ?? '', base)
    return target?.type === 'Organization' ? [target.id] : []
  })
}

async function answers(message: Resource, practitioner: string, work: Work, base: string): Promise<boolean> {
  for (const { reference } of (message['inResponseTo'] ?? []) as Reference[]) {
    const target = localReference(reference ?? '', base)
    if (target?.type !== 'Communication' || !(await work.maySee('Communication', target.id))) continue
    const earlier = await work.read('Communication', target.id)
    const sender = localReference((earlier?.['sender'] as Reference | undefined)?.reference ?? '', base)
    if (sender?.type === 'Practitioner' && sender.id === practitioner) return true
  }
  return false
}
