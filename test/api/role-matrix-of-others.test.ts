import { after, before, test } from 'node:test'
import { roles } from '../support/role-matrix.ts'
import { startTrial, type Trial } from '../support/role-matrix-trial.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.server.close())

for (const role of roles.others) {
  test(`${role}: every interaction with every class of resource, as the matrix says`, (t) => trial.ask(t, role))
}
