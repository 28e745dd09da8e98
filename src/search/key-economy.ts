/** Parameters that nobody searches for alone, or whose every value is frequent: their keys only filter. */
const parameters = new Set(['_profile', 'address-use', 'language', 'medium'])

/** Values so frequent that an index over them would be written for nothing. */
const values: Readonly<Record<string, ReadonlySet<string>>> = {
  active: new Set(['true']),
  category: new Set([
    'vital-signs',
    'laboratory',
    'survey',
    'procedure',
    'imaging',
    'social-history',
    'exam',
    'therapy',
    'activity',
    'encounter-diagnosis',
    'problem-list-item',
    'clinical-note',
    'assess-plan',
    'community',
    'inpatient',
    'outpatient',
    'food',
    'medication',
    'environment',
    'biologic',
    'lab',
    'notification',
  ]),
  class: new Set(['amb', 'emer', 'imp', 'acute', 'nonac', 'obsenc', 'hh', 'vr', 'ss']),
  contenttype: new Set(['application/pdf', 'text/plain', 'image/jpeg', 'image/png', 'text/html']),
  deceased: new Set(['false']),
  gender: new Set(['male', 'female']),
  intent: new Set(['order', 'plan', 'proposal', 'original-order', 'instance-order']),
  'clinical-status': new Set(['active', 'resolved', 'inactive']),
  'verification-status': new Set(['confirmed', 'unconfirmed', 'provisional']),
}

/** For every parameter that is a status. */
const statuses = new Set(['final', 'finished', 'completed', 'current', 'active', 'amended', 'generated'])

/**
 * Whether the keys of a code stand in the unindexed `fkeys`. `extract` and `match` both ask here.
 *
 * To add a value needs nothing but a reindex of the rows that have it; so does to remove one.
 */
export function isFrequent(parameter: string, code: string): boolean {
  if (parameters.has(parameter)) return true
  const folded = code.toLowerCase()
  if (values[parameter]?.has(folded)) return true
  return /(?:^|-)status$/.test(parameter) && statuses.has(folded)
}
