import type { Row } from '../support/scope-rows.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** Nobody is given a role of another kind of person; if somebody ever were, it would show what everybody may look up. */
const may = ({ may, of, uploader }: Row) => {
  if (uploader === 'doctor') return may.doctor
  return of.includes('everywhere') ? 'rs' : ''
}
const strings = ['user/*.cruds']

tryScopes('doctor', {
  strings,
  otherwise: { title: "a RelatedPerson with a doctor's role", name: 'RelatedPerson/of-another', may },
})
tryScopes('doctor', {
  strings,
  otherwise: { title: "nobody with a doctor's role", principal: { person: undefined }, may },
})
