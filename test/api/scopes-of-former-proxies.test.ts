import { tryScopes } from '../support/scope-trial.ts'

/** What everybody may look up is left to whoever acts for nobody any more, or not yet. */
for (const id of ['dismissed', 'former', 'coming']) {
  tryScopes('proxy', {
    strings: ['user/*.cruds'],
    otherwise: {
      title: `RelatedPerson/${id}`,
      name: `RelatedPerson/${id}`,
      may: ({ may, of }) => (of.includes('everywhere') ? may.proxy : ''),
    },
  })
}
