/** `npm run test:sharing`: the tests of sharing, and the rows of the design that they prove, by their ids. */
import { reportList } from '../support/report-list.ts'
import { sections } from './assertions.ts'

reportList({ folder: 'sharing', sections })
