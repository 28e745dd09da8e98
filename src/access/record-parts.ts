import type { Definitions } from '../definitions/definitions.ts'
import type { DataLinks } from '../search/clause.ts'
import { dateColumnOf, hasDateColumn } from '../search/date-column.ts'
import { authorship } from './authorship.ts'
import type { Phrases } from './phrases.ts'

/** What data can belong to, in the words of a Consent: `Consent.provision.data.meaning` "related". */
export const relatable: readonly string[] = ['Encounter', 'CarePlan', 'EpisodeOfCare']
/** Who can have written data. */
export const authorTypes: readonly string[] = [
  ...['Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'RelatedPerson', 'Device'],
]

/** When data was written or is about, the first that a type has: for `Consent.provision.dataPeriod`. */
const dating = [
  // Before `date`, which tells of a prescription when it is to be taken.
  ...['authored', 'authoredon', 'authored-on', 'date', 'recorded-date', 'created', 'sent', 'occurrence', 'effective'],
  ...[
    'effective-time',
    'started',
    'onset-date',
    'onset',
    'issued',
    'whenprepared',
    'entered-date',
    'identified',
    'period',
  ],
]

/** The column pair that tells when the data of a type is from. */
export function datingColumn(definitions: Pick<Definitions, 'searchParameter'>, type: string): string | undefined {
  const code = dating.find((one) => {
    const parameter = definitions.searchParameter(type, one)
    return parameter?.type === 'date' && hasDateColumn(parameter)
  })
  return code === undefined ? undefined : dateColumnOf(code)
}

/** The parameters by which a row of the type belongs to an encounter, a care plan or an episode of care. */
export function relatingParameters(
  definitions: Pick<Definitions, 'searchParameters'>,
  type: string,
): readonly string[] {
  return definitions
    .searchParameters(type)
    .filter(({ targets }) => targets.some((one) => relatable.includes(one)))
    .map(({ code }) => code)
}

export type PartDefinitions = Pick<Definitions, 'compartmentParameters' | 'searchParameter' | 'searchParameters'>

/** How the parts of a record of which a Consent may speak are told in the index. */
export function createRecordParts(definitions: PartDefinitions, say: Pick<Phrases, 'salts'>) {
  const known = new Map<string, DataLinks>()
  return function partsOf(type: string): DataLinks {
    const links = known.get(type) ?? {
      authored: say.salts(type, authorship(definitions, type), authorTypes),
      related: say.salts(type, relatingParameters(definitions, type), relatable),
      dated: datingColumn(definitions, type),
    }
    known.set(type, links)
    return links
  }
}
