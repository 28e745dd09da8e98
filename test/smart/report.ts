/** `npm run test:smart`: the tests of the authorization server, and what the test kits assert with pass, fail or not applicable. */
import { reportList } from '../support/report-list.ts'
import { sections } from './assertions.ts'
import { asvsList } from './asvs.ts'

reportList({ folder: 'smart', sections, parts: { asvs: asvsList() } })
