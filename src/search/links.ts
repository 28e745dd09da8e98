import type { Link } from './clause.ts'
import { type Field, type Fields, urlSalt } from './field.ts'
import type { Keys } from './keys.ts'
import { subjectType } from './subject.ts'

interface Parts {
  keys: Keys
  fields: Fields
}

/**
 * The ways in which a reference parameter can lead to rows of a type: by `pat` where that carries the reference, else by
 * key; and by canonical URL to types that have one.
 */
export function createLinks({ keys, fields }: Parts) {
  return function linksTo(field: Field, target: string): Link[] {
    const { parameter, subject } = field
    if (subject && target === subjectType) {
      const several = { by: keys.salt(subject.code, subjectType) }
      return subject.several ? [{ by: 'patient' }, several] : [{ by: 'patient' }]
    }
    const literal: Link = { by: keys.salt(parameter.code, target) }
    const url = fields.of(target, 'url')
    if (url?.parameter.type !== 'uri') return [literal]
    return [literal, { by: keys.salt(parameter.code, urlSalt), via: keys.salt('url', urlSalt) }]
  }
}
