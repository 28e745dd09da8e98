import type { Definitions } from '../../definitions/definitions.ts'
import { all, and, type Clause, or } from '../../search/clause.ts'

/**
 * Search parameters that say when care was given, best first; further down those of records that know no better than when
 * they were written. What says when somebody was born is none of them.
 *
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 */
const careDates = [
  'period',
  'date',
  'occurrence',
  'event-date',
  'onset-date',
  'effective',
  'effective-time',
  'started',
  'collected',
  'start-date',
  'whenhandedover',
  'whenprepared',
  'when',
  'sent',
  'identified',
  'datetime',
  'datewritten',
  'authored',
  'authoredon',
  'authored-on',
  'entered-date',
  'recorded-date',
  'recorded',
  'created',
  'issued',
] as const

interface Parts {
  definitions: Pick<Definitions, 'searchParameter'>
  parameter: (type: string, name: string, value: string) => Clause
}

/**
 * "The date range relates to care dates, not record currency dates." A row is judged by the best of its dates; what has
 * none, such as an allergy or a coverage, belongs to any time.
 */
export function createCareDates({ definitions, parameter }: Parts) {
  return function within(type: string, start: string | undefined, end: string | undefined): Clause {
    if (start === undefined && end === undefined) return all
    const known = careDates.filter((code) => definitions.searchParameter(type, code)?.type === 'date')
    const bounds = [...(start === undefined ? [] : [`ge${start}`]), ...(end === undefined ? [] : [`le${end}`])]
    return known.reduceRight<Clause>((otherwise, code) => {
      const met = and(...bounds.map((bound) => parameter(type, code, bound)))
      return or(met, and(parameter(type, `${code}:missing`, 'true'), otherwise))
    }, all)
  }
}
